import { expect, test } from 'vitest';
import type { File } from '../../../src/kube/ownkinds.ts';
import { packedFiles } from '../../../src/operator/packs.ts';
import { aPack, aRecord } from '../../support/records.ts';

const file = { key: 'agents/1.json', version: 'etag' };
const source = { uid: 'source-1' };

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
  expect(packs.with({ uid: 'another' }, file)).toEqual([]);
  expect(packs.with(source, { ...file, version: 'newer' })).toEqual([]);
  remove(whole);
  expect(names()).toEqual(['half Pending']);
  remove(half);
  expect(names()).toEqual([]);
});
