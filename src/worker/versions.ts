/** Is a version of an object older than another one? API servers count versions up and write them in decimal digits. */
export const isOlder = (version: string, than: string): boolean =>
  version.length === than.length ? version < than : version.length < than.length;
