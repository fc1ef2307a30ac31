import type { IngestionFile } from '../api/ingestionfile.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import { recordName } from '../api/names.ts';
import { type Identity, identities } from '../ledger/identity.ts';
import type { Place } from '../stores/provider.ts';
import type { StoredFile } from '../stores/store.ts';
import type { Keeper } from './keeper.ts';
import type { Candidate, Records, SourceRef } from './port.ts';

/** What is known about single files of a source: how their records are called, and whether they are done or under way. */
export type Files = {
  readonly identityOf: (file: { readonly key: string; readonly version: string }) => Identity;
  /** A file that is neither done nor under way, as a candidate. `foreign`: a record of a source that is gone has its name. */
  readonly look: (file: StoredFile) => Candidate | 'known' | 'foreign';
  /** The same, once more, for one that was a candidate a while ago. */
  readonly isMissing: (candidate: Candidate) => boolean;
};

export type FilesOptions = {
  readonly ref: SourceRef;
  /** Kind, endpoint and bucket cannot be edited, so this holds as long as the source lives. */
  readonly identity: Place['identity'];
  readonly keeper: Pick<Keeper, 'ledger'>;
  readonly records: Pick<Records, 'get'>;
  readonly overwritten: () => SourceSpec['scan']['overwritten'];
};

export function filesOf({ ref, identity, keeper, records, overwritten }: FilesOptions): Files {
  const identityOf = identities(identity);
  const { kind, endpoint, bucket } = identity;

  const nameOf = ({ key, version }: Pick<Candidate, 'key' | 'version'>): string =>
    recordName(ref.name, [kind, endpoint, bucket, key, version]);

  const isDone = (file: Pick<Candidate, 'key' | 'version'>): boolean => {
    const ledger = keeper.ledger();
    if (!ledger) return true;
    const id = identityOf(file);
    return ledger.lookup(id) !== undefined || (overwritten() === 'Ignore' && ledger.knowsKey(id));
  };

  return {
    identityOf,
    // Most files of a full listing are done, so the ledger is asked first.
    look: (file) => {
      if (isDone(file)) return 'known';
      const name = nameOf(file);
      const record = records.get(ref.namespace, name);
      if (record) return isForeign(record, ref.uid) ? 'foreign' : 'known';
      const { key, version, size, modifiedTime } = file;
      return { name, key, version, size, modifiedTime: new Date(modifiedTime).toISOString() };
    },
    isMissing: (candidate) => !isDone(candidate) && records.get(ref.namespace, candidate.name) === undefined,
  };
}

const isForeign = ({ metadata }: IngestionFile, uid: string): boolean => {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'IngestionSource');
  return owner !== undefined && owner.uid !== uid;
};
