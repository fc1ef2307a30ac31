/**
 * Is a resourceVersion older than another one? They are decimal numbers without a limit; since Kubernetes 1.35 their order is
 * promised.
 */
export const isOlder = (version: string, than: string): boolean =>
  version.length === than.length ? version < than : version.length < than.length;
