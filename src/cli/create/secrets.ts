/** What goes into a Secret whose keys are fixed, or anybody's choice, by the field that names it. */
const fixedKeys: Readonly<Record<string, readonly string[]>> = {
  accessKeySecretRef: ['accessKeyId', 'secretAccessKey'],
  headersSecretRef: ['X-My-Header'],
  clientCertSecretRef: ['tls.crt', 'tls.key'],
};

export type NamedSecret = { readonly name: string; readonly keys: readonly string[] };

/** Every Secret that a spec names, wherever it does, with the keys that are read of it. */
export function secretsIn(spec: object): readonly NamedSecret[] {
  const found = new Map<string, string[]>();
  const look = (field: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (/secretRef$/i.test(field) && 'name' in value) {
      const keys = fixedKeys[field] ?? ('key' in value ? [String(value.key)] : []);
      found.set(String(value.name), [...(found.get(String(value.name)) ?? []), ...keys]);
    } else for (const [key, each] of Object.entries(value)) look(key, each);
  };
  look('', spec);
  return [...found].map(([name, keys]) => ({ name, keys }));
}
