import type { IngestionFile } from '../api/ingestionfile.ts';
import { apiVersion } from '../api/kind.ts';
import type { Records as DispatchRecords } from '../dispatch/port.ts';
import { isKube } from '../kube/errors.ts';
import type { File } from '../kube/ownkinds.ts';
import type { CallOptions, PatchStep } from '../kube/resource.ts';
import type { Resources } from '../kube/resources.ts';
import type { Records as WorkerRecords } from '../worker/port.ts';
import { ownWrites } from './own-writes.ts';

type Files = Resources['files'];
type Copy = { readonly values: () => Iterable<File> };

/** Records that rooms hand back came from the API server, so they have all that a stored one has. */
const stored = (record: IngestionFile): File => record as File;

/** The records as dispatch sees them: all of them, and every write there is. */
export function dispatchRecords(files: Files, copy: Copy, call: CallOptions): DispatchRecords {
  const { values, wrote } = ownWrites(copy);
  return {
    all: values,
    create: ({ name, source, spec }) => {
      const owner = { apiVersion, kind: 'IngestionSource', name: source.name, uid: source.uid, controller: true };
      return files.create({ metadata: { namespace: source.namespace, name, ownerReferences: [owner] }, spec }, call);
    },
    bind: async (record, worker) => {
      const { metadata, spec } = stored(record);
      const steps: readonly PatchStep[] = [
        { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
        { op: spec.worker === undefined ? 'add' : 'replace', path: '/spec/worker', value: worker },
      ];
      return wrote(stored(record), await files.patch(metadata, steps, call));
    },
    setStatus: async (record, status) => wrote(stored(record), await files.updateStatus({ ...stored(record), status }, call)),
    remove: async (record) => {
      const { metadata } = stored(record);
      await files.delete(metadata, { uid: metadata.uid, resourceVersion: metadata.resourceVersion }, call);
      wrote(stored(record), undefined);
    },
  };
}

/** The records as a worker sees them: its own, and their status. It tells old versions from new ones by itself. */
export const workerRecords = (files: Files, copy: Copy): WorkerRecords => ({
  mine: copy.values,
  reread: async (record) => {
    try {
      return await files.get(stored(record).metadata);
    } catch (thrown) {
      if (isKube(thrown, 'NotFound')) return undefined;
      throw thrown;
    }
  },
  setStatus: (record, status) => files.updateStatus({ ...stored(record), status }),
});
