import type { FileSpec, FileStatus, IngestionFile } from '../../src/api/ingestionfile.ts';

let made = 0;

/** A record as dispatch and workers see it; everything that does not matter to the case is filled in. */
export function aRecord(
  status: Partial<FileStatus> = {},
  spec: Partial<FileSpec> = {},
  metadata: Partial<IngestionFile['metadata']> = {},
): IngestionFile {
  const name = metadata.name ?? `checkout-${made++}`;
  return {
    apiVersion: 'spanferry.io/v1alpha1',
    kind: 'IngestionFile',
    metadata: {
      namespace: 'ml-platform',
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      ownerReferences: [{ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', name: 'checkout', uid: 'source-1' }],
      ...metadata,
      name,
    },
    spec: {
      sourceRef: { name: 'checkout' },
      key: `agents/${name}.json`,
      version: 'etag',
      size: 4_096,
      modifiedTime: '2026-11-20T10:00:00Z',
      worker: 'worker-a',
      ...spec,
    },
    status: { state: 'Pending', attempts: 0, retries: 0, ...status },
  };
}

/** The record of a pack of so many files, `agents/0.json` and so on. */
export function aPack(files: number, status: Partial<FileStatus> = {}, metadata: Partial<IngestionFile['metadata']> = {}): IngestionFile {
  const pack = Array.from({ length: files }, (_, n) => ({
    ...{ key: `agents/${n}.json`, version: 'etag', size: 4_096, modifiedTime: '2026-11-20T10:00:00Z' },
  }));
  const { key: _key, version: _version, size: _size, modifiedTime: _time, ...spec } = aRecord().spec;
  const record = aRecord(status, {}, metadata);
  return { ...record, spec: { ...spec, pack, title: `agents/0.json +${files - 1}` } };
}
