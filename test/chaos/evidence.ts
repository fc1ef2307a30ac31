import type { IngestionLedger } from '../../src/api/ingestionledger.ts';
import type { FileKey } from '../../src/api/supply.ts';
import { check } from '../../src/ledger/check.ts';
import { identities } from '../../src/ledger/identity.ts';
import { type Memory, memoryOf } from '../../src/ledger/memory.ts';
import { entryOf, type IdentityOf, outcomeOf } from '../../src/ledger/outcomes.ts';
import { weigh } from './crew.ts';
import type { History } from './history.ts';
import type { Evidence, Trace, Weight } from './judges.ts';
import type { Shelf } from './shelf.ts';
import type { TrueFile } from './truth.ts';
import { bucket, origins, type World } from './world.ts';

/** Everything that is there, for the judges; `before` is what processes held earlier. */
export async function gather(
  { objects, s3, crew }: World,
  files: readonly TrueFile[],
  shelf: Shelf,
  history: History,
  before: readonly Weight[] = [],
): Promise<Evidence> {
  const [sources, records, segments] = await Promise.all([objects.sources(), objects.records(), objects.ledgers()]);
  const identityOf = identities({ kind: 's3', endpoint: s3.endpoint, bucket });
  const troubles: string[] = [];
  const memories = memoriesOf(segments, (trouble) => troubles.push(trouble));
  const traces = files.flatMap((file): readonly Trace[] =>
    shelf.contents(file).map(({ version, etag }) => ({
      file,
      version,
      etag,
      isCurrent: shelf.current(file)?.version === version,
      ...known(memories.get(file.source) ?? memoryOf([]), { key: file.key, version: etag }, identityOf),
    })),
  );
  const weights = crew.slots.flatMap((slot) => {
    const pid = slot.replica()?.process.pid;
    return pid === undefined ? [] : [{ process: slot.name(), ...weigh(pid) }];
  });
  return { traces, requests: history.requests, disturbances: history.disturbances, sources, records, weights, before, troubles };
}

/** What the ledger says of a content: how it ended, and whether it was overwritten unread before that. */
const known = (memory: Memory, file: FileKey, identityOf: IdentityOf): Pick<Trace, 'outcome' | 'wasSuperseded'> => ({
  outcome: outcomeOf(file, memory, identityOf),
  wasSuperseded: memory.lookup(entryOf({ file, outcome: 'superseded' }, identityOf)) !== undefined,
});

/** What the ledger of each source knows. */
export const memoriesOf = (
  segments: readonly IngestionLedger[],
  onTrouble: (trouble: string) => void = () => {},
): ReadonlyMap<string, Memory> =>
  new Map(
    origins.map(({ name }) => {
      const checked = check(
        segments.map(({ spec }) => spec).filter(({ sourceRef }) => sourceRef.name === name),
        0,
      );
      if (checked.ok) return [name, checked.memory];
      onTrouble(`the ledger of ${name} cannot be read: ${checked.failure.message}`);
      return [name, memoryOf([])];
    }),
  );
