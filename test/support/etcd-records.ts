import { randomUUID } from 'node:crypto';
import { apiVersion } from '../../src/api/kind.ts';
import type { Draft } from '../../src/kube/meta.ts';
import type { File } from '../../src/kube/ownkinds.ts';

/** A record as dispatch creates it. */
export const recordNamed = (namespace: string, name: string): Draft<File> => ({
  metadata: { namespace, name, labels: { 'app.kubernetes.io/managed-by': 'spanferry' } },
  spec: {
    sourceRef: { name: 'checkout-agents' },
    key: `agents/prod/2026/11/20/monocle_trace_checkout_${name}.json`,
    version: '"5f4dcc3b5aa765d61d8327deb882cf99"',
    size: 48_213,
    modifiedTime: '2026-11-20T10:00:00Z',
    worker: 'spanferry-7c9d4b8f6d-x2k4q',
  },
});

/** etcd's own limit for one transaction. */
const AT_ONCE = 128;

/** Puts records where the API server keeps them, in seconds instead of minutes; it finds out by its own watch. */
export async function putRecords(etcdUrl: string, namespace: string, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const success = names.slice(from, from + AT_ONCE).map((name) => ({
      requestPut: {
        key: base64(`/registry/spanferry.io/ingestionfiles/${namespace}/${name}`),
        value: base64(JSON.stringify(stored(namespace, name))),
      },
    }));
    const answer = await fetch(`${etcdUrl}/v3/kv/txn`, { method: 'POST', body: JSON.stringify({ success }) });
    if (!answer.ok) throw new Error(`etcd answered ${answer.status} to a transaction`);
  }
}

function stored(namespace: string, name: string) {
  const { metadata, spec } = recordNamed(namespace, name);
  const time = '2026-11-20T10:00:00Z';
  const fieldsV1 = { 'f:metadata': { 'f:labels': {} }, 'f:spec': Object.fromEntries(Object.keys(spec).map((field) => [`f:${field}`, {}])) };
  const managedFields = [{ manager: 'spanferry', operation: 'Update', apiVersion, time, fieldsType: 'FieldsV1', fieldsV1 }];
  return {
    apiVersion,
    kind: 'IngestionFile',
    metadata: { ...metadata, uid: randomUUID(), creationTimestamp: time, generation: 1, managedFields },
    spec,
    status: { state: 'Pending', attempts: 0 },
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
