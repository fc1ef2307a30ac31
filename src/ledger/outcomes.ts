import type { Ended, FileKey, Outcome } from '../api/supply.ts';
import type { Entry } from './entries.ts';
import type { Identity } from './identity.ts';
import type { Memory } from './memory.ts';

/** Makes the identities of files in one place. */
export type IdentityOf = (file: FileKey) => Identity;

/**
 * A content that was overwritten before it could be read is remembered under a version that no listing has: it counts as every ending does, its key is
 * known, and the content itself is not, should the same bytes be put back.
 */
const unread = ({ key, version }: FileKey): FileKey => ({ key, version: `${version}\nsuperseded` });

/** How the ledger writes down that a file ended. */
export const entryOf = ({ file, outcome }: Pick<Ended, 'outcome'> & { readonly file: FileKey }, identityOf: IdentityOf): Entry =>
  outcome === 'superseded' ? { ...identityOf(unread(file)), outcome: 'completed' } : { ...identityOf(file), outcome };

/** How a file ended, as far as the ledger knows. */
export function outcomeOf(
  file: FileKey,
  { lookup, knowsKey }: Pick<Memory, 'lookup' | 'knowsKey'>,
  identityOf: IdentityOf,
  identity: Identity = identityOf(file),
): Outcome | undefined {
  const outcome = lookup(identity);
  // Asked for every file of a listing: of most keys that are new to it the ledger knows nothing.
  if (outcome !== undefined || !knowsKey(identity)) return outcome;
  return lookup(identityOf(unread(file))) && 'superseded';
}
