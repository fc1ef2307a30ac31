import { filesOf as filesIn, type IngestionFile, isFinished, type NamedFile } from '../api/ingestionfile.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import { recordName } from '../api/names.ts';
import type { Candidate, FileKey, SourceRef } from '../api/supply.ts';
import { type Identity, identities } from '../ledger/identity.ts';
import type { Place } from '../stores/provider.ts';
import type { Keeper } from './keeper.ts';
import type { Records } from './port.ts';

/** What is known about single files of a source: how their records are called, and whether they are done or under way. */
export type Files = {
  /** Is some content of this key done? */
  readonly isKnown: (key: string) => boolean;
  readonly identityOf: (file: FileKey) => Identity;
  /** Name of the record of this file alone. */
  readonly nameOf: (file: FileKey) => string;
  /** A file that is neither done nor under way, as a candidate. `foreign`: a record of a source that is gone has its name. */
  readonly look: (file: SeenFile) => Candidate | 'known' | 'foreign';
  /** The same, once more, for one that was a candidate a while ago. */
  readonly isMissing: (candidate: Candidate) => boolean;
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

  const isDone = (file: FileKey): boolean => {
    const ledger = keeper.ledger();
    if (!ledger) return true;
    const id = known.get(file) ?? compute(file);
    return ledger.lookup(id) !== undefined || (overwritten() === 'Ignore' && ledger.knowsKey(id));
  };

  return {
    identityOf,
    isKnown: (key) => keeper.ledger()?.knowsKey(identityOf({ key, version: '' })) ?? false,
    nameOf,
    look: (file) => {
      const packs = records.packsWith(ref, file);
      if (packs.some((pack) => !isGivenBack(file, pack))) return 'known';
      // Most files of a full listing are done, so the ledger is asked before the name is made.
      if (isDone(file)) return 'known';
      const name = nameOf(file);
      const record = records.get(ref.namespace, name);
      if (record) return isForeign(record, ref.uid) ? 'foreign' : 'known';
      const { key, version, size, modifiedTime } = file;
      const seen = { name, key, version, size, modifiedTime: new Date(modifiedTime).toISOString() };
      return packs.length > 0 ? { ...seen, alone: true } : seen;
    },
    isMissing: (candidate) =>
      !isDone(candidate) &&
      records.get(ref.namespace, candidate.name) === undefined &&
      records.packsWith(ref, candidate).every((pack) => isGivenBack(candidate, pack)),
  };
}

/** A finished pack may have given this file back: it goes on in a record of its own. */
function isGivenBack({ key, version }: FileKey, { spec, status }: IngestionFile): boolean {
  if (!isFinished(status) || !status.returned) return false;
  const at = filesIn(spec).findIndex((file) => file.key === key && file.version === version);
  return status.returned.some(({ index }) => index === at);
}

const isForeign = ({ metadata }: IngestionFile, uid: string): boolean => {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'IngestionSource');
  return owner !== undefined && owner.uid !== uid;
};
