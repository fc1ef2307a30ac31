import { expect, test } from 'vitest';
import type { File } from '../../../src/kube/ownkinds.ts';
import { packedFiles } from '../../../src/operator/packs.ts';
import { aPack, aRecord } from '../../support/records.ts';

const file = { key: 'agents/1.json', version: 'etag' };
const source = { uid: 'source-1', namespace: 'ml-platform', name: 'checkout' };

test('a file is found in every pack that has it, as long as that is there, and in its latest state', () => {
  const records = new Map<string, File>();
  const packs = packedFiles((key) => records.get(key));
  const put = (type: 'add' | 'update', record: File) => {
    const key = `${record.metadata.namespace}/${record.metadata.name}`;
    const old = records.get(key) as File;
    records.set(key, record);
    packs.follow(type === 'add' ? { type, object: record } : { type, object: record, old });
  };
  const remove = (record: File) => {
    records.delete(`${record.metadata.namespace}/${record.metadata.name}`);
    packs.follow({ type: 'delete', object: record });
  };
  const names = () => packs.with(source, file).map(({ metadata, status }) => `${metadata.name} ${status.state}`);
  const [whole, half] = [aPack(4, {}, { name: 'whole' }), aPack(2, {}, { name: 'half' })] as [File, File];

  expect(names()).toEqual([]);
  put('add', whole);
  put('add', aRecord({}, file, { name: 'alone' }) as File);
  expect(names()).toEqual(['whole Pending']);
  put('update', { ...whole, status: { ...whole.status, state: 'Completed' } });
  put('add', half);
  expect(names()).toEqual(['whole Completed', 'half Pending']);
  expect(packs.with({ ...source, uid: 'another' }, file)).toEqual([]);
  expect(packs.with(source, { ...file, version: 'newer' })).toEqual([]);
  remove(whole);
  expect(names()).toEqual(['half Pending']);
  remove(half);
  expect(names()).toEqual([]);
});

test('a pack that came back without its owner holds its files for the source that it names, before and after that takes it in', () => {
  const records = new Map<string, File>();
  const packs = packedFiles((key) => records.get(key));
  const { metadata, ...rest } = aPack(2) as File;
  const { ownerReferences, ...kept } = metadata;
  const [restored, adopted] = [
    { ...rest, metadata: { ...kept, resourceVersion: '1' } },
    { ...rest, metadata: { ...kept, resourceVersion: '2', ownerReferences } },
  ] as [File, File];
  const key = `${metadata.namespace}/${metadata.name}`;
  const found = (by = source) => packs.with(by, file).map((record) => record.metadata.resourceVersion);

  records.set(key, restored);
  packs.follow({ type: 'add', object: restored });
  expect(found()).toEqual(['1']);
  expect(found({ ...source, name: 'another', uid: 'another' })).toEqual([]);
  records.set(key, adopted);
  packs.follow({ type: 'update', object: adopted, old: restored });
  expect(found()).toEqual(['2']);
  expect(found({ ...source, uid: 'made-anew' })).toEqual([]);
  const another = [{ ...ownerReferences![0]!, uid: 'made-anew' }];
  const inherited = { ...adopted, metadata: { ...adopted.metadata, resourceVersion: '3', ownerReferences: another } } as File;
  records.set(key, inherited);
  packs.follow({ type: 'update', object: inherited, old: adopted });
  expect([found(), found({ ...source, uid: 'made-anew' })]).toEqual([[], ['3']]);
  records.delete(key);
  packs.follow({ type: 'delete', object: inherited });
  expect([found(), found({ ...source, uid: 'made-anew' })]).toEqual([[], []]);
});
