import { expect, test } from 'vitest';
import type { Outcome } from '../../../../src/api/supply.ts';
import { type Known, knowledge } from '../../../../src/cli/objects/known.ts';
import { stateOf } from '../../../../src/cli/objects/ls.ts';
import type { File } from '../../../../src/kube/ownkinds.ts';
import { sorted } from '../../../../src/ledger/entries.ts';
import { identities } from '../../../../src/ledger/identity.ts';
import { entryOf } from '../../../../src/ledger/outcomes.ts';
import { newHead, toSpec } from '../../../../src/ledger/segment.ts';
import { placeOf } from '../../../../src/stores/registry.ts';
import { now, pack, record, secondsAgo, source, toldCluster } from '../../../support/cli/cluster.ts';

const checkout = source('checkout-agents');
const identityOf = identities(placeOf(checkout.spec.store).identity);
const listed = { key: 'agents/prod/run-0.json', version: '"e1"', size: 1_000, modifiedTime: now - 60_000 };

/** What is known of the listed file. */
async function knownOf({ files = [], ledger = [] }: { readonly files?: readonly File[]; readonly ledger?: readonly Outcome[] }) {
  const named = { ...listed, modifiedTime: secondsAgo(60) };
  const entries = sorted(ledger.map((outcome) => entryOf({ file: named, outcome }, identityOf)));
  const segments = [toSpec({ number: 0, sequence: 1, entries, head: { ...newHead, expectedEntries: ledger.length } })];
  const { cluster } = toldCluster({ sources: [checkout], files, segments });
  return (await knowledge(cluster, checkout)).of(listed);
}

const done = { state: 'Completed', attempts: 1, retries: 0, completionTime: secondsAgo(10) };
const superseded = { reason: 'Superseded', message: 'agents/prod/run-0.json has version "e2", not "e1"' };
const tooLate = record(listed.key, { ...done, ...superseded });
const packTooLate = pack(3, { ...done, ...superseded, unread: [{ index: 0, ...superseded }], packSpans: [0, 4, 4] });
const otherTooLate = pack(3, { ...done, ...superseded, unread: [{ index: 1, ...superseded }], packSpans: [4, 0, 4] });

test.each<[sentence: string, known: Parameters<typeof knownOf>[0], state: string, more: Partial<Known>]>([
  ['is new where nothing is known', {}, 'New', {}],
  ['is what its record says', { files: [record(listed.key, done)] }, 'Completed', {}],
  ['is what the ledger remembers', { ledger: ['failed'] }, 'Failed', { outcome: 'failed' }],
  ['is new again where it was overwritten before it could be read', { files: [tooLate] }, 'New', { isBack: true }],
  ['also in a pack', { files: [packTooLate], ledger: ['superseded'] }, 'New', { isBack: true, outcome: 'superseded' }],
  ['also when only the ledger remembers that', { ledger: ['superseded'] }, 'New', { isBack: true, outcome: 'superseded' }],
  ['is delivered where that happened to another file of its pack', { files: [otherTooLate] }, 'Completed', {}],
  ['is delivered once it came back', { ledger: ['superseded', 'completed'] }, 'Completed', { outcome: 'completed' }],
  ['is what the record says with which it came back', { files: [packTooLate, record(listed.key, done)] }, 'Completed', {}],
  [
    'is done where an earlier version of the operator took it for that',
    { files: [tooLate], ledger: ['completed'] },
    'Completed',
    { outcome: 'completed' },
  ],
])('a file that is listed %s', async (_sentence, facts, state, more) => {
  const known = await knownOf(facts);
  expect(stateOf(known, false)).toBe(state);
  expect({ isBack: known.isBack, outcome: known.outcome }).toEqual({ isBack: more.isBack, outcome: more.outcome });
});
