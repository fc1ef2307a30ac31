import { describe, expect, test } from 'vitest';
import { type Asked, outage, refusal } from '../../../src/kube/answer.ts';
import type { KubeErrorKind } from '../../../src/kube/errors.ts';

const listing: Asked = { verb: 'list', resource: 'ingestionfiles', namespace: 'ml-platform' };
const patching: Asked = { verb: 'patch', resource: 'ingestionfiles/status', namespace: 'ml-platform', name: 'checkout-1' };
const status = (more: object) => ({ kind: 'Status', ...more });

const answers: readonly [sentence: string, asked: Asked, code: number, body: unknown, kind: KubeErrorKind][] = [
  ['409 is a Conflict', listing, 409, status({ reason: 'Conflict' }), 'Conflict'],
  ['unless the object already exists', listing, 409, status({ reason: 'AlreadyExists' }), 'AlreadyExists'],
  ['410 means that the position is too old', listing, 410, status({ reason: 'Expired' }), 'Gone'],
  [
    'and so does a position of another history',
    listing,
    504,
    status({ details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } }),
    'Gone',
  ],
  ['422 to a patch is a test that does not hold', patching, 422, status({ reason: 'Invalid', details: {} }), 'Conflict'],
  ['unless a field is wrong', patching, 422, status({ details: { causes: [{ reason: 'FieldValueInvalid' }] } }), 'Invalid'],
  ['404 is an object that is not there', listing, 404, status({ reason: 'NotFound' }), 'NotFound'],
  ['404 to a create is a namespace that is not there', { ...listing, verb: 'create' }, 404, status({ reason: 'NotFound' }), 'Invalid'],
  ['413 is ours to mend', listing, 413, 'too large', 'Invalid'],
  ['a login page is no answer', listing, 302, '<html>', 'Garbled'],
  ['a gateway that fails is a server error', listing, 502, '<html>', 'ServerError'],
];

describe('what an answer means', () => {
  test.each(answers)('%s', (_sentence, asked, code, body, kind) => {
    expect(refusal(asked, code, body).kind).toBe(kind);
  });

  test('Retry-After counts in seconds, in the header or in the Status', () => {
    expect(refusal(listing, 429, undefined, '7').retryAfterMs).toBe(7_000);
    expect(refusal(listing, 429, status({ details: { retryAfterSeconds: 2 } })).retryAfterMs).toBe(2_000);
    expect(refusal(listing, 503, undefined).retryAfterMs).toBeUndefined();
  });
});

describe('what an error tells', () => {
  test('a missing right is told with verb, resource and namespace', () => {
    expect(refusal(listing, 403, undefined).failure).toMatchObject({
      reason: 'ApiForbidden',
      message: 'not allowed to list ingestionfiles in namespace ml-platform: HTTP 403',
    });
    expect(refusal({ verb: 'watch', resource: 'secrets' }, 403, undefined).message).toContain(
      'not allowed to watch secrets in all namespaces',
    );
  });

  test('a body that is not a Status is not repeated', () => {
    expect(refusal(listing, 502, { token: 'hunter2' }).message).not.toContain('hunter2');
    expect(refusal(listing, 502, 'Authorization: Bearer hunter2').message).not.toContain('hunter2');
  });

  test('a refused value is left out, and control characters too', () => {
    const rule = 'spec.store.s3: Invalid value: bucket cannot change: make another';
    expect(refusal(listing, 422, status({ message: rule })).message).toContain(rule);
    const message = 'spec.store: Invalid value: "AKIA \\"hunter2\\"": no such store\u001b[31m';
    const told = refusal(listing, 422, status({ message })).failure.message;
    expect(told).toMatch(/: spec\.store: Invalid value: no such store $|: spec\.store: Invalid value: no such store \[31m$/);
  });

  test('a connection that was never made is told apart from one that broke', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' });
    const broken = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
    expect(outage(listing, refused)).toMatchObject({ kind: 'Unreachable', untouched: true });
    expect(outage(listing, broken)).toMatchObject({ kind: 'Unreachable', untouched: false });
  });
});
