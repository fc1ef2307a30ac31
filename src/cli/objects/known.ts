import { isSuperseded } from '../../api/ingestionfile.ts';
import type { SourceSpec } from '../../api/ingestionsource.ts';
import type { FileKey, Outcome } from '../../api/supply.ts';
import type { Source } from '../../kube/ownkinds.ts';
import { type Identity, identities } from '../../ledger/identity.ts';
import { openLedger } from '../../ledger/ledger.ts';
import { outcomeOf } from '../../ledger/outcomes.ts';
import type { SegmentSpec } from '../../ledger/segment.ts';
import { type Filter, filter, type Skip } from '../../sources/filter.ts';
import { placeOf } from '../../stores/registry.ts';
import type { StoredFile } from '../../stores/store.ts';
import type { Member } from '../cluster/members.ts';
import { filesOf } from '../cluster/records.ts';
import { type Cluster, remark } from '../cluster/session.ts';

/** What is known of a file of a store: its record, what the ledger remembers, or why the source leaves it alone. */
export type Known = {
  readonly member?: Member;
  /** Of exactly this content. */
  readonly outcome?: Outcome;
  /** It was overwritten before it could be read, and is there again. */
  readonly isBack?: true;
  /** Some content under this key is in the ledger. */
  readonly isKeyKnown: boolean;
  readonly skip?: Skip;
};

/** Tells for files of a store what is known of them. `isLedgerRead` is false where the ledger could not be had. */
export type Knowledge = {
  readonly of: (file: StoredFile) => Known;
  readonly membersOf: (key: string) => readonly Member[];
  /** Whether the ledger knows some content under this key. */
  readonly knowsKey: (key: string) => boolean;
  readonly isLedgerRead: boolean;
};

/** Gathers records and ledger of a source. */
export async function knowledge(cluster: Cluster, source: Source): Promise<Knowledge> {
  const members = await filesOf(cluster, source);
  const ledger = await ledgerOf(cluster, source);
  const identityOf = identities(placeOf(source.spec.store).identity);
  const [superseded, others] = [byFile(members.filter(wasSuperseded)), byFile(members.filter((each) => !wasSuperseded(each)))];
  const skipOf = filterOf(source.spec, source.status.modifiedAfter);
  const now = cluster.io.clock.now();
  return {
    of: (file) => {
      const id: Identity = identityOf(file);
      const outcome = ledger && outcomeOf(file, ledger, identityOf, id);
      const skip = skipOf(file, now);
      const before = superseded.get(idOf(file));
      // An earlier version of the operator took such a file for done.
      const isDone = outcome === 'completed' || outcome === 'failed';
      const member = others.get(idOf(file)) ?? (isDone ? before : undefined);
      const isBack = !member && !isDone && (before !== undefined || outcome !== undefined);
      return {
        isKeyKnown: ledger?.knowsKey(id) ?? false,
        ...(member && { member }),
        ...(outcome && { outcome }),
        ...(isBack && { isBack }),
        ...(skip && { skip }),
      };
    },
    membersOf: (key) => members.filter((member) => member.key === key),
    // A key is looked up alone: any version serves.
    knowsKey: (key) => ledger?.knowsKey(identityOf({ key, version: '' })) ?? false,
    isLedgerRead: ledger !== undefined,
  };
}

const idOf = ({ key, version }: FileKey): string => `${key}\n${version}`;

const byFile = (members: readonly Member[]): ReadonlyMap<string, Member> => new Map(members.map((member) => [idOf(member), member]));

const wasSuperseded = (member: Member): boolean => isSuperseded(member.record, member);

/** Which files match, as the operator sees it. */
export const filterOf = (spec: Pick<SourceSpec, 'store' | 'scan' | 'format'>, modifiedAfter: string | undefined): Filter =>
  filter(spec, modifiedAfter === undefined ? 0 : Date.parse(modifiedAfter));

/** The memory of a source, only to look at: nothing here ever writes. */
async function ledgerOf(cluster: Cluster, { metadata: { namespace, name }, status }: Source) {
  const list = async (): Promise<{ spec: SegmentSpec; token: string }[]> => {
    const found = [];
    for await (const { items } of cluster.kube.ledgers.list(
      { namespace, fieldSelector: `spec.sourceRef.name=${name}` },
      { pageSize: 20 },
    )) {
      for (const { spec, metadata } of items) found.push({ spec, token: metadata.resourceVersion });
    }
    return found;
  };
  const put = (): Promise<string> => Promise.reject(new Error('a ledger that is only looked at is not written'));
  const opened = await openLedger({ list, put }, status.ledger?.segments ?? 0).catch(async (thrown: unknown) => {
    await remark(cluster, `the ledger cannot be read: ${thrown instanceof Error ? thrown.message : thrown}`);
    return undefined;
  });
  if (opened?.ok) return opened.ledger;
  if (opened) await remark(cluster, `the ledger cannot be trusted: ${opened.failure.message}`);
  return undefined;
}
