import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

type Schema = { readonly properties?: Readonly<Record<string, Schema>>; readonly enum?: readonly string[]; readonly default?: unknown };
type Crd = { readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] } };
type Store = Readonly<Record<string, { readonly auth?: { readonly type?: string } }>>;
type Sample = { readonly kind: string; readonly spec: { readonly store: Store } };

const under = (schema: Schema | undefined, ...path: readonly string[]): Schema | undefined =>
  path.reduce<Schema | undefined>((found, name) => found?.properties?.[name], schema);

test('config/samples has a source for each store and each way to authenticate', () => {
  const crd = parse(readFileSync('crds/spanferry.io_ingestionsources.yaml', 'utf8')) as Crd;
  const stores = under(crd.spec.versions[0]?.schema.openAPIV3Schema, 'spec', 'store')?.properties ?? {};
  const typeOf = (store: string): Schema | undefined => under(stores[store], 'auth', 'type');
  const wanted = Object.keys(stores).flatMap((store) => typeOf(store)?.enum?.map((type) => `${store} ${type}`) ?? [store]);

  const files = readdirSync('config/samples').map((file) => readFileSync(`config/samples/${file}`, 'utf8'));
  const samples = files
    .flatMap((text) => parseAllDocuments(text).map((each) => each.toJS() as Sample))
    .filter(({ kind }) => kind === 'IngestionSource');
  const shown = samples.flatMap(({ spec }) =>
    Object.entries(spec.store).map(([store, { auth }]) => (typeOf(store) ? `${store} ${auth?.type ?? typeOf(store)?.default}` : store)),
  );
  expect([...new Set(shown)].sort()).toEqual(wanted.sort());
});
