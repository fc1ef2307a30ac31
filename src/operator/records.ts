import type { IngestionFile } from '../api/ingestionfile.ts';
import { apiVersion } from '../api/kind.ts';
import type { SourceRef } from '../api/supply.ts';
import type { Records as DispatchRecords } from '../dispatch/port.ts';
import type { Copy } from '../kube/copies.ts';
import { isKube } from '../kube/errors.ts';
import { keyOf } from '../kube/meta.ts';
import type { File } from '../kube/ownkinds.ts';
import type { CallOptions, PatchStep } from '../kube/resource.ts';
import type { Resources } from '../kube/resources.ts';
import type { Records as WorkerRecords } from '../worker/port.ts';

type Files = Resources['files'];
type View = Pick<Copy<File>, 'values' | 'get'>;

/** Objects of the house's own schema come from the API server or are made from one that did: they have all that a stored one has. */
const stored = (record: IngestionFile): File => record as File;

const ownedBy = ({ name, uid }: SourceRef) => ({ apiVersion, kind: 'IngestionSource', name, uid, controller: true }) as const;

/** The records as dispatch sees them: all of them, and every write there is. */
export function dispatchRecords(files: Files, copy: View, call: CallOptions): DispatchRecords {
  return {
    all: () => copy.values(),
    find: ({ metadata: { namespace = '', name } }) => copy.get(keyOf({ namespace, name })),
    create: ({ name, source, spec }) =>
      files.create(
        {
          metadata: {
            namespace: source.namespace,
            name,
            ownerReferences: [ownedBy(source)],
          },
          spec,
        },
        call,
      ),
    bind: (record, worker) => {
      const { metadata, spec } = stored(record);
      const steps: readonly PatchStep[] = [
        { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
        { op: spec.worker === undefined ? 'add' : 'replace', path: '/spec/worker', value: worker },
      ];
      return files.patch(metadata, steps, call);
    },
    setStatus: (record, status) => files.updateStatus({ ...stored(record), status }, call),
    adopt: (record, source) => {
      const { metadata } = stored(record);
      const steps: readonly PatchStep[] = [
        { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
        { op: 'add', path: '/metadata/ownerReferences', value: [...(metadata.ownerReferences ?? []), ownedBy(source)] },
      ];
      return files.patch(metadata, steps, call);
    },
    remove: (record) => {
      const { metadata } = stored(record);
      return files.delete(metadata, { uid: metadata.uid, resourceVersion: metadata.resourceVersion }, call);
    },
  };
}

/** The records as a worker sees them: its own, and their status. */
export function workerRecords(files: Files, copy: View): WorkerRecords {
  return {
    mine: () => copy.values(),
    reread: async (record) => {
      try {
        return await files.get(stored(record).metadata);
      } catch (thrown) {
        if (isKube(thrown, 'NotFound')) return undefined;
        throw thrown;
      }
    },
    setStatus: (record, status) => files.updateStatus({ ...stored(record), status }),
  };
}
