import { isDeepStrictEqual } from 'node:util';
import type { IngestionLedger } from '../api/ingestionledger.ts';
import { segmentName } from '../api/names.ts';
import { isKube } from '../kube/errors.ts';
import type { CallOptions, PatchStep } from '../kube/resource.ts';
import type { Resources } from '../kube/resources.ts';
import type { LedgerObjects } from '../ledger/ledger.ts';
import type { SegmentSpec } from '../ledger/segment.ts';

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
