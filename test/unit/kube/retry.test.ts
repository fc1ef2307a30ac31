import { describe, expect, test } from 'vitest';
import type { Verb } from '../../../src/kube/answer.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import { waitBeforeRetry } from '../../../src/kube/retry.ts';

const error = (kind: KubeError['kind'], more = {}) => new KubeError(kind, 'cannot', more);

const cases: readonly [sentence: string, verb: Verb, error: KubeError, repeats: boolean][] = [
  ['a read that met a failing server is repeated', 'get', error('ServerError'), true],
  ['a list that timed out is repeated', 'list', error('Timeout'), true],
  ['a write that broke is not: it may have been done', 'update', error('Unreachable'), false],
  ['nor one that met a failing server', 'create', error('ServerError'), false],
  ['a write that never left is repeated', 'create', error('Unreachable', { untouched: true }), true],
  ['a throttled write is repeated: the server did not look at it', 'patch', error('Throttled', { untouched: true }), true],
  ['a Conflict is the caller’s', 'update', error('Conflict'), false],
  ['a missing right does not appear within seconds', 'list', error('Forbidden'), false],
];

describe('what is repeated', () => {
  test.each(cases)('%s', (_sentence, verb, thrown, repeats) => {
    expect(waitBeforeRetry(verb, thrown, 0, () => 0.5) !== undefined).toBe(repeats);
  });

  test('not before the server wants it', () => {
    expect(waitBeforeRetry('get', error('Throttled', { retryAfterMs: 60_000 }), 0)).toBe(60_000);
  });
});
