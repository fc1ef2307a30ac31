import { isDeepStrictEqual } from 'node:util';
import type { IngestionLedger } from '../api/ingestionledger.ts';
import { segmentName } from '../api/names.ts';
import { type Namespaces, places } from '../kube/copies.ts';
import { isKube } from '../kube/errors.ts';
import type { Ledger } from '../kube/ownkinds.ts';
import type { CallOptions, PatchStep } from '../kube/resource.ts';
import type { Resources } from '../kube/resources.ts';
import type { LedgerObjects } from '../ledger/ledger.ts';
import type { SegmentSpec } from '../ledger/segment.ts';
import type { Ledgers, StoredLedger } from '../sources/port.ts';

/** Segments can be large: so many come in one answer. */
const PAGE = 20;

const selection = (namespace: string, name: string) => ({ namespace, fieldSelector: `spec.sourceRef.name=${name}` });

/** The segments of one source in the API server. They have no owner: a source made anew under the same name goes on with them. */
function ledgerObjects(
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
      for await (const page of ledgers.list(selection(namespace, name), { pageSize: PAGE })) {
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

/** All ledgers of the installation. Listing them reads every head, which costs: it is done seldom. */
export const allLedgers = (ledgers: Resources['ledgers'], namespaces: Namespaces, call: CallOptions): Ledgers => ({
  of: (source) => ledgerObjects(ledgers, source, call),
  all: async () => {
    const found: StoredLedger[] = [];
    for (const place of places(namespaces)) {
      for await (const { items } of ledgers.list(place, { ...call, pageSize: PAGE })) {
        for (const { metadata, spec } of items.filter((each) => each.spec.number === 0)) {
          const orphanedSince = metadata.annotations?.[ORPHANED];
          found.push({ namespace: metadata.namespace, name: spec.sourceRef.name, ...(orphanedSince !== undefined && { orphanedSince }) });
        }
      }
    }
    return found;
  },
  markOrphaned: async ({ namespace, name }, since) => {
    const head = await ledgers.get({ namespace, name: segmentName(name, 0) }, call);
    const { [ORPHANED]: _, ...others } = head.metadata.annotations ?? {};
    const annotations = since === undefined ? others : { ...others, [ORPHANED]: since };
    await ledgers.update({ ...head, metadata: { ...head.metadata, annotations } }, call);
  },
  remove: async ({ namespace, name }) => {
    const segments: { readonly number: number; readonly metadata: Ledger['metadata'] }[] = [];
    for await (const { items } of ledgers.list(selection(namespace, name), { ...call, pageSize: PAGE })) {
      for (const { metadata, spec } of items) segments.push({ number: spec.number, metadata });
    }
    // The head comes last: by it the next sweep finds what is left where this one is cut off.
    for (const { metadata } of segments.sort((a, b) => b.number - a.number)) await ledgers.delete(metadata, { uid: metadata.uid }, call);
  },
});
