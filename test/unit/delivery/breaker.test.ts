import { describe, expect, test } from 'vitest';
import {
  abandoned,
  type Breaker,
  type BreakerRules,
  chooseProbe,
  closed,
  failed,
  mayGo,
  passed,
  went,
} from '../../../src/delivery/breaker.ts';

const rules: BreakerRules = {
  opensAfter: 3,
  transient: { baseMs: 1_000, maxMs: 60_000 },
  waiting: { baseMs: 5_000, maxMs: 120_000 },
};
const unavailable = { reason: 'DestinationUnavailable', message: 'answered 503' } as const;
const refused = { reason: 'CredentialError', message: 'answered 401' } as const;
const fails =
  (
    file: string,
    now: number,
    failure: { reason: 'DestinationUnavailable' | 'CredentialError'; message: string; retryAfterMs?: number } = unavailable,
  ) =>
  // The longest wait that chance can draw, so that the numbers below are exact.
  (breaker: Breaker) =>
    failed(breaker, { file, failure, now, random: () => 1 }, rules);
const passes = (file: string) => (breaker: Breaker) => passed(breaker, file);
const goes = (file: string) => (breaker: Breaker) => went(breaker, file);
const gives = (file: string, now: number) => (breaker: Breaker) => abandoned(breaker, file, now);

const having = (...steps: readonly ((breaker: Breaker) => Breaker)[]): Breaker => steps.reduce((breaker, step) => step(breaker), closed);
const opened = [fails('a', 0), fails('b', 0), fails('c', 0)];
const probing = [...opened, goes('d')];

const cases: readonly [sentence: string, breaker: Breaker, expected: Partial<Breaker> | Record<string, unknown>][] = [
  ['one failure does not open it', having(fails('a', 0)), { is: 'closed', failures: 1 }],
  ['a pass forgets failures', having(fails('a', 0), fails('a', 0), passes('b'), fails('a', 0)), { is: 'closed', failures: 1 }],
  ['three in a row open it', having(...opened), { is: 'open', until: 1_000, times: 1, culprit: 'c', since: 0 }],
  ['a Retry-After opens it at once', having(fails('a', 0, { ...unavailable, retryAfterMs: 30_000 })), { is: 'open', until: 30_000 }],
  [
    'failures of what was under way do not make the wait longer',
    having(...opened, fails('d', 500)),
    { is: 'open', until: 1_000, times: 1 },
  ],
  [
    'but a Retry-After of theirs does',
    having(...opened, fails('d', 500, { ...unavailable, retryAfterMs: 9_000 })),
    { is: 'open', until: 9_500 },
  ],
  ['a pass of what was under way proves nothing', having(...opened, passes('d')), { is: 'open' }],
  ['the first to go is the probe', having(...probing), { is: 'probing', probe: 'd', culprit: 'c' }],
  ['a probe that passes closes it', having(...probing, passes('d')), { is: 'closed', failures: 0 }],
  ['another file that passes meanwhile does not', having(...probing, passes('a')), { is: 'probing' }],
  [
    'a probe that fails doubles the wait',
    having(...probing, fails('d', 1_000)),
    { is: 'open', until: 3_000, times: 2, culprit: 'd', since: 0 },
  ],
  ['another file that fails meanwhile does not', having(...probing, fails('a', 1_000)), { is: 'probing' }],
  ['a probe without an answer makes room for the next', having(...probing, gives('d', 1_200)), { is: 'open', until: 1_200, times: 1 }],
  [
    'where somebody must act, probing is slower',
    having(...probing, fails('d', 0, refused)),
    { is: 'open', until: 10_000, failure: refused },
  ],
];

describe('a breaker', () => {
  test.each(cases)('%s', (_sentence, breaker, expected) => {
    expect(breaker).toMatchObject(expected);
  });

  test('waits double up to a minute', () => {
    let breaker = having(...opened);
    const waits: number[] = [];
    for (let n = 0; n < 9; n++) {
      breaker = fails('d', 0)(went(breaker, 'd'));
      waits.push(breaker.is === 'open' ? breaker.until / 1_000 : 0);
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60]);
  });

  test('files may go when it is closed, or when its time is over and nobody probes yet', () => {
    expect([closed, having(...opened), having(...probing)].map((breaker) => [mayGo(breaker, 999), mayGo(breaker, 1_000)])).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
  });

  test('another file than the culprit probes, where there is another', () => {
    const waiting = (...files: string[]) =>
      chooseProbe(
        having(...opened),
        files.map((file) => ({ file })),
      )?.file;
    expect([waiting('c', 'x', 'y'), waiting('c'), waiting()]).toEqual(['x', 'c', undefined]);
  });
});
