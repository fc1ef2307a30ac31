import { failureOf } from '../../api/failure.ts';
import type { StoredFile } from '../../stores/store.ts';
import { keyIn } from '../cluster/key.ts';
import { type Form, writeLines, writeValue } from '../cluster/output.ts';
import { type Cluster, done, remark } from '../cluster/session.ts';
import { sourceNamed } from '../cluster/sources.ts';
import { explained } from '../cluster/trouble.ts';
import { clean } from '../terminal/clean.ts';
import type { Paint } from '../terminal/paint.ts';
import { type Fate, fateOf } from './fate.ts';
import { fileAt } from './find.ts';
import { knowledge } from './known.ts';
import { credentialOf, withStore } from './open.ts';

export type WhyOptions = { readonly ownLogin?: boolean; readonly output?: Extract<Form, 'json' | 'yaml'> };

const colours: Partial<Record<Fate, keyof Paint>> = {
  Completed: 'green',
  Failed: 'red',
  Pending: 'yellow',
  Waits: 'yellow',
  Processing: 'cyan',
  New: 'cyan',
};

/** Says what became of one file and why, from its record, the ledger and the store. */
export async function why(cluster: Cluster, name: string, given: string, options: WhyOptions): Promise<number> {
  const { io } = cluster;
  const source = await sourceNamed(cluster, name);
  const key = keyIn(source, given);
  const facts = await knowledge(cluster, source);
  const credential = await credentialOf(cluster, source.spec.store, options.ownLogin === true);
  const file = await withStore(credential, source.metadata, io, (store) => fileAt(store, key)).catch(async (thrown): Promise<'unknown'> => {
    await remark(cluster, `the store could not be asked: ${explained(failureOf(thrown))}`);
    return 'unknown';
  });
  const members = [...facts.membersOf(key)].sort((a, b) => Date.parse(b.modifiedTime) - Date.parse(a.modifiedTime));
  const known = isThere(file) ? facts.of(file) : { isKeyKnown: facts.knowsKey(key) };
  const { fate, sentences } = fateOf({ now: io.clock.now(), source, key, file, known, members, isLedgerRead: facts.isLedgerRead });
  if (options.output) {
    const { member, outcome, skip } = known as ReturnType<typeof facts.of>;
    const record = member?.record.metadata.name ?? null;
    await writeValue(
      options.output,
      { key, fate, sentences, record, ledger: outcome ?? null, skipped: skip ?? null, file: isThere(file) ? file : null },
      io,
    );
    return done;
  }
  const [first = '', ...others] = sentences.map(clean);
  await writeLines([{ text: clean(key) }, { text: first, colour: colours[fate] }, ...others.map((text) => ({ text: `  ${text}` }))], io);
  return done;
}

const isThere = (file: StoredFile | undefined | 'unknown'): file is StoredFile => typeof file === 'object';
