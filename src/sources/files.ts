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
  readonly candidateOf: (file: StoredFile) => Candidate;
  readonly identityOf: (file: { readonly key: string; readonly version: string }) => Identity;
  /** `foreign`: a record has its name, but of a source that is gone; it will go, too. */
  readonly knowledgeOf: (candidate: Candidate) => 'new' | 'known' | 'foreign';
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

  const candidateOf = ({ key, version, size, modifiedTime }: StoredFile): Candidate => ({
    name: recordName(ref.name, [kind, endpoint, bucket, key, version]),
    key,
    version,
    size,
    modifiedTime: new Date(modifiedTime).toISOString(),
  });

  const knowledgeOf = (candidate: Candidate): 'new' | 'known' | 'foreign' => {
    const record = records.get(ref.namespace, candidate.name);
    if (record) return isForeign(record, ref.uid) ? 'foreign' : 'known';
    const ledger = keeper.ledger();
    if (!ledger) return 'known';
    const id = identityOf(candidate);
    const isDone = ledger.lookup(id) !== undefined || (overwritten() === 'Ignore' && ledger.knowsKey(id));
    return isDone ? 'known' : 'new';
  };

  return { candidateOf, identityOf, knowledgeOf };
}

const isForeign = ({ metadata }: IngestionFile, uid: string): boolean => {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'IngestionSource');
  return owner !== undefined && owner.uid !== uid;
};
