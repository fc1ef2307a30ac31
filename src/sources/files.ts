import { filesOf as filesIn, type IngestionFile, isFinished, isSuperseded, type NamedFile, ownerOf } from '../api/ingestionfile.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import { recordName } from '../api/names.ts';
import type { Candidate, Ended, FileKey, Outcome, SourceRef } from '../api/supply.ts';
import type { Entry } from '../ledger/entries.ts';
import { type Identity, identities } from '../ledger/identity.ts';
import { entryOf, outcomeOf } from '../ledger/outcomes.ts';
import type { Place } from '../stores/provider.ts';
import type { Keeper } from './keeper.ts';
import type { Records } from './port.ts';

/** What is known about single files of a source: how their records are called, and whether they are done or under way. */
export type Files = {
  /** Is some content of this key done? */
  readonly isKnown: (key: string) => boolean;
  /** What the ledger says about a content. */
  readonly outcome: (file: FileKey) => Outcome | undefined;
  /** How the ledger writes down that a file ended. */
  readonly entryOf: (ended: Ended) => Entry;
  /** Name of the record of this file alone. */
  readonly nameOf: (file: FileKey) => string;
  /** A file that is neither done nor under way, as a candidate. `foreign`: a record of a source that is gone has its name. */
  readonly look: (file: SeenFile) => Candidate | 'known' | 'foreign';
  /** The same, once more, for one that was a candidate a while ago. */
  readonly isMissing: (candidate: Candidate) => boolean;
  /** Was this content overwritten before it could be read? It is no end for a listing that shows it, and one for everybody else. */
  readonly wasSuperseded: (file: FileKey) => boolean;
};

/** A file as a listing or a record tells of it. */
export type SeenFile = Omit<NamedFile, 'modifiedTime'> & { readonly modifiedTime: number | string };

export type FilesOptions = {
  readonly ref: SourceRef;
  /** Kind, endpoint and bucket cannot be edited, so this holds as long as the source lives. */
  readonly identity: Place['identity'];
  readonly keeper: Pick<Keeper, 'ledger'>;
  readonly records: Pick<Records, 'get' | 'packsWith'>;
  readonly overwritten: () => SourceSpec['scan']['overwritten'];
};

export function filesOf({ ref, identity, keeper, records, overwritten }: FilesOptions): Files {
  const compute = identities(identity);
  const { kind, endpoint, bucket } = identity;

  const nameOf = ({ key, version }: FileKey): string => recordName(ref.name, [kind, endpoint, bucket, key, version]);

  /** Two hashes, for an object that is asked about again and again: a candidate, or a file of a record. */
  const known = new WeakMap<FileKey, Identity>();
  const identityOf = (file: FileKey): Identity => {
    const identity = known.get(file) ?? compute(file);
    known.set(file, identity);
    return identity;
  };

  /** `done`: not to be ferried, as far as the ledger says. */
  const standing = (file: FileKey): 'done' | 'superseded' | undefined => {
    const ledger = keeper.ledger();
    if (!ledger) return 'done';
    const id = known.get(file) ?? compute(file);
    const outcome = outcomeOf(file, ledger, compute, id);
    if (outcome === 'completed' || outcome === 'failed') return 'done';
    return overwritten() === 'Ignore' && ledger.knowsKey(id) ? 'done' : outcome;
  };

  const outcome = (file: FileKey): Outcome | undefined => {
    const ledger = keeper.ledger();
    return ledger && outcomeOf(file, ledger, compute, identityOf(file));
  };

  const recordOf = (name: string): IngestionFile | undefined => records.get(ref.namespace, name);

  return {
    outcome,
    entryOf: (ended) => entryOf(ended, identityOf),
    isKnown: (key) => keeper.ledger()?.knowsKey(identityOf({ key, version: '' })) ?? false,
    nameOf,
    look: (file) => {
      const packs = records.packsWith(ref, file);
      if (packs.some((pack) => !hasLeft(file, pack))) return 'known';
      // Most files of a full listing are done, so the ledger is asked before the name is made.
      const stands = standing(file);
      if (stands === 'done') return 'known';
      const name = nameOf(file);
      const record = recordOf(name);
      if (record && isForeign(record, ref.uid)) return 'foreign';
      if (record && !isSuperseded(record, file)) return 'known';
      const { key, version, size, modifiedTime } = file;
      const seen = { name, key, version, size, modifiedTime: new Date(modifiedTime).toISOString() };
      // A pack of the same files would have the name of an earlier one, and a record of its own is what gives way to it.
      const isBack = record !== undefined || packs.length > 0 || stands === 'superseded';
      return isBack ? { ...seen, alone: true } : seen;
    },
    isMissing: (candidate) => {
      const record = recordOf(candidate.name);
      return (
        standing(candidate) !== 'done' &&
        (record === undefined || isSuperseded(record, candidate)) &&
        records.packsWith(ref, candidate).every((pack) => hasLeft(candidate, pack))
      );
    },
    wasSuperseded: (file) => {
      const its = [...records.packsWith(ref, file), recordOf(nameOf(file))];
      return its.some((record) => record && isSuperseded(record, file)) || outcome(file) === 'superseded';
    },
  };
}

/** A finished pack may have given this file back, or have found it overwritten: it goes on, or comes back, in a record of its own. */
function hasLeft(file: FileKey, pack: IngestionFile): boolean {
  const { spec, status } = pack;
  if (!isFinished(status)) return false;
  if (isSuperseded(pack, file)) return true;
  const at = filesIn(spec).findIndex(({ key, version }) => key === file.key && version === file.version);
  return status.returned?.some(({ index }) => index === at) ?? false;
}

const isForeign = (record: IngestionFile, uid: string): boolean => (ownerOf(record) ?? uid) !== uid;
