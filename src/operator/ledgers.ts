import { isDeepStrictEqual } from 'node:util';
import type { IngestionLedger } from '../api/ingestionledger.ts';
import { segmentName } from '../api/names.ts';
import { isKube } from '../kube/errors.ts';
import { keyOf } from '../kube/meta.ts';
import type { CallOptions, PatchStep } from '../kube/resource.ts';
import type { Resources } from '../kube/resources.ts';
import type { LedgerObjects } from '../ledger/ledger.ts';
import type { SegmentSpec } from '../ledger/segment.ts';
import type { Ledgers, Orphan } from '../sources/port.ts';

type Sweep = Omit<Ledgers, 'of'>;

/** The segments of one source in the API server. They have no owner: a source made anew under the same name goes on with them. */
export function ledgerObjects(
  ledgers: Resources['ledgers'],
  source: { readonly namespace: string; readonly name: string },
  call: CallOptions,
): LedgerObjects {
  const { namespace, name } = source;
  const ref = (number: number) => ({ namespace, name: segmentName(name, number) });
  const specOf = (spec: SegmentSpec): IngestionLedger['spec'] => ({ sourceRef: { name }, ...spec });

  const write = async (spec: SegmentSpec, token?: string) => {
    const metadata = ref(spec.number);
    if (token === undefined) return ledgers.create({ metadata, spec: specOf(spec) }, call);
    const steps: readonly PatchStep[] = [
      { op: 'test', path: '/metadata/resourceVersion', value: token },
      { op: 'replace', path: '/spec', value: specOf(spec) },
    ];
    return ledgers.patch(metadata, steps, call);
  };

  return {
    list: async () => {
      const found: { spec: SegmentSpec; token: string }[] = [];
      for await (const page of ledgers.list({ namespace, fieldSelector: `spec.sourceRef.name=${name}` }, { pageSize: 20 })) {
        for (const { spec, metadata } of page.items) found.push({ spec, token: metadata.resourceVersion });
        const [misfit] = page.misfits;
        if (misfit) throw new Error(`ledger segment ${misfit.ref.name}: ${misfit.failure.message}`);
      }
      return found;
    },
    put: async (spec, token) => {
      try {
        return (await write(spec, token)).metadata.resourceVersion;
      } catch (thrown) {
        if (!isKube(thrown, 'Conflict', 'AlreadyExists')) throw thrown;
        // Our own write whose answer was lost looks like a conflict.
        const there = await ledgers.get(ref(spec.number));
        if (!isDeepStrictEqual(there.spec, specOf(spec))) throw thrown;
        return there.metadata.resourceVersion;
      }
    },
  };
}

/** Written on the head of a ledger when its source was first seen gone. */
const ORPHANED = 'spanferry.io/orphaned-since';

/** All ledgers of the installation, for the sweep. Every head is read, which costs: call it seldom. */
export function ledgerSweep(ledgers: Resources['ledgers'], hasSource: (key: string) => boolean, call: CallOptions): Sweep {
  return {
    orphans: async () => {
      const found: Orphan[] = [];
      for await (const page of ledgers.list({}, { ...call, pageSize: 20 })) {
        for (const { metadata, spec } of page.items) {
          if (spec.number !== 0) continue;
          const { namespace } = metadata;
          const since = metadata.annotations?.[ORPHANED];
          const name = spec.sourceRef.name;
          found.push({ namespace, name, hasSource: hasSource(keyOf({ namespace, name })), ...(since !== undefined && { since }) });
        }
      }
      return found;
    },
    mark: async ({ namespace, name }, since) => {
      const head = await ledgers.get({ namespace, name: segmentName(name, 0) }, call);
      const { [ORPHANED]: _, ...others } = head.metadata.annotations ?? {};
      await ledgers.update(
        { ...head, metadata: { ...head.metadata, annotations: since === undefined ? others : { ...others, [ORPHANED]: since } } },
        call,
      );
    },
    remove: async ({ namespace, name }) => {
      for await (const page of ledgers.list({ namespace, fieldSelector: `spec.sourceRef.name=${name}` }, { ...call, pageSize: 20 })) {
        for (const { metadata } of page.items) await ledgers.delete(metadata, { uid: metadata.uid }, call);
      }
    },
  };
}
