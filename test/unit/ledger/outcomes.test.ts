import { expect, test } from 'vitest';
import type { Outcome } from '../../../src/api/supply.ts';
import { sorted } from '../../../src/ledger/entries.ts';
import { identities } from '../../../src/ledger/identity.ts';
import { memoryOf } from '../../../src/ledger/memory.ts';
import { entryOf, outcomeOf } from '../../../src/ledger/outcomes.ts';

const identityOf = identities({ kind: 's3', endpoint: 'amazonaws.com', bucket: 'acme-traces' });
const file = { key: 'agents/1.json', version: 'e1', size: 1, modifiedTime: '2026-11-20T10:00:00Z' };

/** What is known of the file after it ended so, once or several times. */
const after = (...outcomes: readonly Outcome[]) => {
  const memory = memoryOf([sorted(outcomes.map((outcome) => entryOf({ file, outcome }, identityOf)))]);
  return {
    outcome: outcomeOf(file, memory, identityOf),
    ofNewContent: outcomeOf({ ...file, version: 'e2' }, memory, identityOf),
    isKeyKnown: memory.knowsKey(identityOf({ key: file.key, version: '' })),
    counts: memory.counts(),
  };
};

test.each<[sentence: string, outcomes: readonly Outcome[], expected: Outcome | undefined, entries: number, failures: number]>([
  ['nothing is known of a file that has not ended', [], undefined, 0, 0],
  ['what was completed is known', ['completed'], 'completed', 1, 0],
  ['what failed is known', ['failed'], 'failed', 1, 1],
  ['what was overwritten before it could be read counts as completed, and is known as what it is', ['superseded'], 'superseded', 1, 0],
  ['it counts once, however often it is told', ['superseded', 'superseded'], 'superseded', 1, 0],
  ['what came back and was completed is a second ending', ['superseded', 'completed'], 'completed', 2, 0],
  ['what came back and failed, too', ['superseded', 'failed'], 'failed', 2, 1],
])('%s', (_sentence, outcomes, expected, entries, failures) => {
  const { outcome, ofNewContent, isKeyKnown, counts } = after(...outcomes);
  expect(outcome).toBe(expected);
  expect(ofNewContent).toBeUndefined();
  expect(isKeyKnown).toBe(outcomes.length > 0);
  expect(counts).toMatchObject({ entries, failures });
});
