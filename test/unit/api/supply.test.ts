import { describe, expect, test } from 'vitest';
import { isNews, type Outcome } from '../../../src/api/supply.ts';

describe('a ledger hears how a file ended', () => {
  const cases: readonly [sentence: string, outcome: Outcome, known: Outcome | undefined, expected: boolean][] = [
    ['if it knows nothing of it', 'completed', undefined, true],
    ['once', 'completed', 'completed', false],
    ['again where what failed was completed', 'completed', 'failed', true],
    ['but not that a repetition of what was completed failed', 'failed', 'completed', false],
    ['if it was overwritten before it could be read', 'superseded', undefined, true],
    ['also this once', 'superseded', 'superseded', false],
    ['again where what was overwritten came back and was completed', 'completed', 'superseded', true],
    ['or failed', 'failed', 'superseded', true],
    ['but not that a repetition of what was completed came too late', 'superseded', 'completed', false],
    ['nor that a retry of what failed did: it is a failure still', 'superseded', 'failed', false],
  ];
  test.each(cases)('%s', (_sentence, outcome, known, expected) => expect(isNews(outcome, known)).toBe(expected));
});
