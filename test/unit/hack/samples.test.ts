import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

type Schema = { readonly properties?: Readonly<Record<string, Schema>>; readonly enum?: readonly string[]; readonly default?: unknown };
type Crd = { readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] } };
type Store = Readonly<Record<string, { readonly auth?: { readonly type?: string } }>>;
type Sample = { readonly kind: string; readonly spec: { readonly store: Store } };

const under = (schema: Schema | undefined, ...path: readonly string[]): Schema | undefined =>
  path.reduce<Schema | undefined>((found, name) => found?.properties?.[name], schema);

const documents = readdirSync('config/samples').map((file) => ({
  file,
  objects: parseAllDocuments(readFileSync(`config/samples/${file}`, 'utf8')).map((each) => each.toJS()),
}));

test('config/samples has a source for each store and each way to authenticate', () => {
  const crd = parse(readFileSync('crds/spanferry.io_ingestionsources.yaml', 'utf8')) as Crd;
  const stores = under(crd.spec.versions[0]?.schema.openAPIV3Schema, 'spec', 'store')?.properties ?? {};
  const typeOf = (store: string): Schema | undefined => under(stores[store], 'auth', 'type');
  const wanted = Object.keys(stores).flatMap((store) => typeOf(store)?.enum?.map((type) => `${store} ${type}`) ?? [store]);

  const samples = documents.flatMap(({ objects }) => objects as readonly Sample[]).filter(({ kind }) => kind === 'IngestionSource');
  const shown = samples.flatMap(({ spec }) =>
    Object.entries(spec.store).map(([store, { auth }]) => (typeOf(store) ? `${store} ${auth?.type ?? typeOf(store)?.default}` : store)),
  );
  expect([...new Set(shown)].sort()).toEqual(wanted.sort());
});

/** Every `…SecretRef` below a value. */
const refsIn = (value: unknown): readonly { readonly name: string; readonly key?: string }[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([field, member]) => (/secretRef$/i.test(field) ? [member] : refsIn(member)));

type Secret = { readonly metadata: { readonly name: string }; readonly stringData?: object; readonly data?: object };

const secretsOf = (objects: readonly { readonly kind: string }[]) =>
  (objects as readonly (Secret & { readonly kind: string })[]).filter(({ kind }) => kind === 'Secret');

test.each(documents)('$file brings the Secrets that it names, with their keys', ({ objects }) => {
  const keys = new Map(
    secretsOf(objects).map(({ metadata, stringData, data }) => [metadata.name, Object.keys({ ...stringData, ...data })]),
  );
  for (const { name, key } of refsIn(objects)) {
    expect([...keys.keys()]).toContain(name);
    if (key !== undefined) expect(keys.get(name)).toContain(key);
  }
});

test('no two samples bring a Secret of the same name: one would overwrite the other', () => {
  const names = documents.flatMap(({ objects }) => secretsOf(objects).map(({ metadata }) => metadata.name));
  expect(names).toEqual([...new Set(names)]);
});
