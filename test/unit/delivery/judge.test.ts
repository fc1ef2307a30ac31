import { describe, expect, test } from 'vitest';
import type { Answer } from '../../../src/delivery/answer.ts';
import { judge, retryAfter, type Verdict } from '../../../src/delivery/judge.ts';
import { encodePartialSuccess, encodeStatus } from '../../support/collector-proto.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const origin = { shown: 'http://otel-collector:4318/v1/traces', secrets: ['canary-7f3a'] };

const protobuf = (status: number, body: Uint8Array = new Uint8Array(), headers = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/x-protobuf', ...headers },
  body,
});
const text = (status: number, body: string, type = 'text/plain; charset=utf-8'): Answer => ({
  status,
  headers: { 'content-type': type },
  body: Buffer.from(body),
});
const json = (status: number, body: unknown) => text(status, JSON.stringify(body), 'application/json');
const network = (code: string, message = 'it broke'): Answer => ({
  error: Object.assign(new Error('fetch failed'), { cause: Object.assign(new Error(message), { code }) }),
});

type Expected = { is: Verdict['is']; of?: string; reason?: string; says?: string; retryAfterMs?: number };
const cases: readonly [sentence: string, answer: Answer, expected: Expected][] = [
  ['200 with an empty body is an acknowledgement', protobuf(200), { is: 'accepted' }],
  ['so is 202 with a text', text(202, 'OK'), { is: 'accepted' }],
  ['and 204', { status: 204, headers: {}, body: new Uint8Array() }, { is: 'accepted' }],
  ['200 with a page is not', text(200, '<html>', 'text/html'), { is: 'trouble', of: 'credential', reason: 'DestinationRefused' }],
  ['400 is about the content', protobuf(400, encodeStatus(3, 'bad span')), { is: 'refused', says: '400 Bad Request: bad span' }],
  ['422 is about the content', json(422, { message: 'bad span' }), { is: 'refused', says: '422 Unprocessable Entity: bad span' }],
  [
    '413 asks for less at once',
    text(413, 'request body too large'),
    { is: 'tooLarge', says: '413 Payload Too Large: request body too large' },
  ],
  [
    '401 is about the credential',
    protobuf(401, encodeStatus(16, 'no token')),
    { is: 'trouble', of: 'credential', reason: 'CredentialError', says: '401 Unauthorized: no token' },
  ],
  [
    '403 is about the credential',
    json(403, { error: 'forbidden' }),
    { is: 'trouble', of: 'credential', reason: 'CredentialError', says: '403 Forbidden: forbidden' },
  ],
  ['407 comes from a proxy that wants a credential', text(407, ''), { is: 'trouble', of: 'credential', reason: 'CredentialError' }],
  ...[404, 405, 406, 410, 415, 431].map((status): [string, Answer, Expected] => [
    `${status} is no OTLP receiver`,
    text(status, ''),
    { is: 'trouble', of: 'credential', reason: 'DestinationRefused', says: `${origin.shown} answered ${status} ` },
  ]),
  ...[301, 302, 303, 307, 308].map((status): [string, Answer, Expected] => [
    `${status} is not followed`,
    { status, headers: { location: '/login?next=canary-7f3a' }, body: new Uint8Array() },
    { is: 'trouble', of: 'credential', reason: 'DestinationRefused', says: `redirects to http://otel-collector:4318/login (${status})` },
  ]),
  [
    '429 waits with its credential',
    protobuf(429, undefined, { 'retry-after': '30' }),
    { is: 'trouble', of: 'credential', reason: 'DestinationUnavailable', retryAfterMs: 30_000 },
  ],
  [
    '503 waits with the endpoint',
    protobuf(503, undefined, { 'retry-after': 'Fri, 20 Nov 2026 12:00:05 GMT' }),
    { is: 'trouble', of: 'endpoint', reason: 'DestinationUnavailable', retryAfterMs: 5_000 },
  ],
  ...[408, 425, 500, 501, 502, 504, 520].map((status): [string, Answer, Expected] => [
    `${status} passes by itself`,
    text(status, ''),
    { is: 'trouble', of: 'endpoint', reason: 'DestinationUnavailable' },
  ]),
  [
    'nobody listens',
    network('ECONNREFUSED'),
    { is: 'trouble', of: 'endpoint', reason: 'DestinationUnavailable', says: 'refuses connections (ECONNREFUSED)' },
  ],
  [
    'the host name is unknown',
    network('ENOTFOUND'),
    { is: 'trouble', of: 'endpoint', reason: 'DestinationUnavailable', says: 'cannot be resolved' },
  ],
  [
    'the connection is cut',
    network('ECONNRESET'),
    { is: 'trouble', of: 'endpoint', reason: 'DestinationUnavailable', says: 'cut the connection' },
  ],
  [
    'no answer comes',
    network('UND_ERR_HEADERS_TIMEOUT'),
    { is: 'trouble', of: 'endpoint', reason: 'DestinationUnavailable', says: 'did not answer in time' },
  ],
  [
    'something unforeseen',
    network('', 'it broke'),
    { is: 'trouble', of: 'endpoint', reason: 'DestinationUnavailable', says: 'did not answer: fetch failed' },
  ],
  [
    'an unknown authority',
    network('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    { is: 'trouble', of: 'credential', reason: 'DestinationTlsError', says: 'not trusted' },
  ],
  [
    'a certificate for another host',
    network('ERR_TLS_CERT_ALTNAME_INVALID'),
    { is: 'trouble', of: 'credential', reason: 'DestinationTlsError', says: 'another host name' },
  ],
  [
    'a client certificate is asked for',
    network('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    { is: 'trouble', of: 'credential', reason: 'CredentialError', says: 'client certificate' },
  ],
  [
    'TLS against a plain port',
    network('ERR_SSL_WRONG_VERSION_NUMBER'),
    { is: 'trouble', of: 'credential', reason: 'DestinationRefused', says: 'does not speak TLS' },
  ],
  [
    'something that is not HTTP',
    network('HPE_INVALID_CONSTANT'),
    { is: 'trouble', of: 'credential', reason: 'DestinationRefused', says: 'does not speak HTTP' },
  ],
  [
    'an address that may not be reached',
    network('EGRESS_REFUSED', '169.254.169.254 is a metadata address'),
    { is: 'trouble', of: 'credential', reason: 'DestinationEgressRefused', says: 'may not be reached: 169.254.169.254 is' },
  ],
];

describe('what an answer means', () => {
  test.each(cases)('%s', (_sentence, answer, { is, of, reason, says, retryAfterMs }) => {
    const verdict = judge(answer, origin, now);
    const failure = verdict.is === 'trouble' ? verdict.failure : undefined;
    expect({ is: verdict.is, of: verdict.is === 'trouble' ? verdict.of : undefined }).toEqual({ is, of });
    expect(failure?.reason).toBe(reason);
    expect(failure?.retryAfterMs).toBe(retryAfterMs);
    const words = failure?.message ?? ('words' in verdict ? verdict.words : '');
    if (says !== undefined) expect(words).toContain(says);
    expect(words).not.toContain('canary');
  });

  test.each<[string, Answer, number, string]>([
    ['protobuf', protobuf(200, encodePartialSuccess(7, 'too old')), 7, 'too old'],
    ['JSON', json(200, { partialSuccess: { rejectedSpans: '7', errorMessage: 'too old' } }), 7, 'too old'],
    ['JSON with snake case', json(200, { partial_success: { rejected_spans: 7, error_message: 'too old' } }), 7, 'too old'],
    ['a warning alone', protobuf(200, encodePartialSuccess(0, 'attributes were cut')), 0, 'attributes were cut'],
    ['broken protobuf', protobuf(200, Buffer.from([0xff, 0xff])), 0, ''],
    ['broken JSON', text(200, '{', 'application/json'), 0, ''],
    ['JSON that is something else', json(200, { partialSuccess: 7 }), 0, ''],
    ['a negative number', json(200, { partialSuccess: { rejectedSpans: -3 } }), 0, ''],
  ])('partial success: %s', (_sentence, answer, rejected, words) => {
    expect(judge(answer, origin, now)).toEqual({ is: 'accepted', rejected, words });
  });
});

describe('the words of the other side', () => {
  const wordsOf = (answer: Answer): string => {
    const verdict = judge(answer, origin, now);
    return 'words' in verdict ? verdict.words : '';
  };

  test.each<[string, Answer, string]>([
    ['control characters and line breaks go', text(400, 'a\u001b[31mred\r\n\u202eb'), '400 Bad Request: a [31mred b'],
    ['secrets go', text(400, 'token canary-7f3a is unknown'), '400 Bad Request: token [redacted] is unknown'],
    ['tags go', text(400, '<html><style>x{}</style><body><h1>Bad</h1> request</body></html>', 'text/html'), '400 Bad Request: Bad request'],
    ['an unknown shape of JSON is shown as it is', json(400, ['a', 'b']), '400 Bad Request: ["a","b"]'],
    ['nested errors of JSON are found', json(400, { error: { message: 'deep', code: 3 } }), '400 Bad Request: deep'],
    ['broken protobuf says nothing', protobuf(400, Buffer.from([0xff])), '400 Bad Request'],
    ['an unknown status has no name', protobuf(422, undefined), '422 Unprocessable Entity'],
  ])('%s', (_sentence, answer, expected) => {
    expect(wordsOf(answer)).toBe(expected);
  });

  test('they are cut at 300 characters', () => {
    const words = wordsOf(text(400, 'x'.repeat(60_000)));
    expect(words).toHaveLength('400 Bad Request: '.length + 300);
    expect(words.endsWith('x…')).toBe(true);
  });
});

test.each<[string | undefined, number | undefined]>([
  [undefined, undefined],
  ['120', 120_000],
  [' 0 ', 0],
  ['Fri, 20 Nov 2026 12:01:00 GMT', 60_000],
  ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
  ['99999999', 3_600_000],
  ['soon', undefined],
])('Retry-After %s', (value, expected) => {
  expect(retryAfter(value, now)).toBe(expected);
});
