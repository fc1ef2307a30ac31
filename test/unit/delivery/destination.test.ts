import { describe, expect, test } from 'vitest';
import type { Destination as Spec } from '../../../src/api/destination.ts';
import { type Destination, isFailure, resolveDestination, type SecretValues } from '../../../src/delivery/destination.ts';

const own = { endpoint: 'http://otel-collector.observability:4318', authToken: 'operators-own-canary' };
const endpoint = 'https://collector.acme.example';

const resolved = (spec: Partial<Spec> | undefined, secrets: SecretValues = {}): Destination => {
  const destination = resolveDestination(spec && { endpoint, compression: 'None', ...spec }, own, secrets);
  if (isFailure(destination)) throw new Error(`${destination.reason}: ${destination.message}`);
  return destination;
};

test.each([
  ['http://collector:4318', 'http://collector:4318/v1/traces'],
  ['http://collector:4318/', 'http://collector:4318/v1/traces'],
  ['http://collector:4318/v1/traces', 'http://collector:4318/v1/traces'],
  ['https://collector.example/otlp/', 'https://collector.example/otlp/v1/traces'],
  ['https://[fd12::1]:4318/otlp', 'https://[fd12::1]:4318/otlp/v1/traces'],
])('endpoint %s gets %s', (given, expected) => {
  const { origin, path, shown } = resolved({ endpoint: given });
  expect([`${origin}${path}`, shown]).toEqual([expected, expected]);
});

test('a query travels but is never shown, nor are its values', () => {
  const destination = resolved({ endpoint: `${endpoint}/?api-key=canary-7f3a` });
  expect(destination.path).toBe('/v1/traces?api-key=canary-7f3a');
  expect(destination.shown).toBe(`${endpoint}/v1/traces`);
  expect(destination.secrets).toContain('canary-7f3a');
});

describe('the token of the operator', () => {
  test('goes to its own collector, which no guard watches', () => {
    expect(resolved(undefined)).toMatchObject({ headers: { authorization: 'Bearer operators-own-canary' }, guarded: false });
  });

  test.each<[string, Partial<Spec>]>([
    ['another endpoint', { endpoint }],
    ['the same endpoint, named by a source', { endpoint: own.endpoint }],
  ])('never goes to %s', (_sentence, spec) => {
    const destination = resolved(spec);
    expect(destination.guarded).toBe(true);
    expect(JSON.stringify(destination)).not.toContain('canary');
  });
});

test('Secrets become a token and headers; line breaks at their ends do no harm', () => {
  const secrets = { collector: { token: 'abc.def\n' }, extra: { 'X-Scope-OrgID': 'team-a\r\n', 'x-api-key': 'k' } };
  const spec = { endpoint, authTokenSecretRef: { name: 'collector', key: 'token' }, headersSecretRef: { name: 'extra' } };
  expect(resolved(spec, secrets).headers).toEqual({ authorization: 'Bearer abc.def', 'x-scope-orgid': 'team-a', 'x-api-key': 'k' });
});

test('what Basic hides is a secret, too', () => {
  const basic = Buffer.from('writer:canary-7f3a').toString('base64');
  const { secrets } = resolved({ endpoint, headersSecretRef: { name: 'extra' } }, { extra: { Authorization: `Basic ${basic}` } });
  expect(secrets).toEqual(expect.arrayContaining([basic, 'writer:canary-7f3a', 'canary-7f3a']));
  expect(secrets).not.toContain('Basic');
});

const cases: readonly [sentence: string, spec: Partial<Spec>, secrets: SecretValues, reason: string, message: string][] = [
  [
    'a missing Secret is named',
    { authTokenSecretRef: { name: 'collector', key: 'token' } },
    {},
    'CredentialError',
    'there is no Secret collector in the namespace of the source',
  ],
  [
    'a missing key is named',
    { authTokenSecretRef: { name: 'collector', key: 'token' } },
    { collector: { tokn: 'canary' } },
    'CredentialError',
    'Secret collector has no key token',
  ],
  [
    'an empty token is none',
    { authTokenSecretRef: { name: 'collector', key: 'token' } },
    { collector: { token: ' \n' } },
    'CredentialError',
    'Secret collector, key token: the token is empty',
  ],
  [
    'a token in two lines is none',
    { authTokenSecretRef: { name: 'collector', key: 'token' } },
    { collector: { token: 'canary\ncanary' } },
    'CredentialError',
    'Secret collector, key token: the token has characters that no header may hold',
  ],
  ['a missing Secret of headers', { headersSecretRef: { name: 'extra' } }, {}, 'CredentialError', 'there is no Secret extra'],
  ...['Host', 'content-type', 'Content-Length', 'CONTENT-ENCODING', 'Transfer-Encoding', 'Connection', 'Upgrade', 'Expect', 'TE'].map(
    (header): (typeof cases)[number] => [
      `${header} cannot be set`,
      { headersSecretRef: { name: 'extra' } },
      { extra: { [header]: 'canary' } },
      'CredentialError',
      `Secret extra, key ${header}: the header cannot be set: it belongs to the request itself`,
    ],
  ),
  [
    'a header value with a line break',
    { headersSecretRef: { name: 'extra' } },
    { extra: { 'x-a': 'canary\r\nhost: evil' } },
    'CredentialError',
    'Secret extra, key x-a: the header has a value with characters',
  ],
  [
    'two ways to authorize',
    { authTokenSecretRef: { name: 'c', key: 't' }, headersSecretRef: { name: 'extra' } },
    { c: { t: 'canary' }, extra: { Authorization: 'canary' } },
    'CredentialError',
    'Secret extra sets the header authorization, and so does authTokenSecretRef: keep one',
  ],
  [
    'a CA that is none',
    { caSecretRef: { name: 'ca', key: 'ca.crt' } },
    { ca: { 'ca.crt': 'canary' } },
    'CredentialError',
    'Secret ca, key ca.crt: there is no certificate in PEM',
  ],
  [
    'half a client certificate',
    { clientCertSecretRef: { name: 'client' } },
    { client: { 'tls.crt': 'canary' } },
    'CredentialError',
    'Secret client has no key tls.key',
  ],
  [
    'a client certificate that is none',
    { clientCertSecretRef: { name: 'client' } },
    { client: { 'tls.crt': 'canary', 'tls.key': 'canary' } },
    'CredentialError',
    'Secret client: tls.crt and tls.key are not a certificate and its key in PEM',
  ],
  ['a URL that is none', { endpoint: 'collector:4318' }, {}, 'InvalidSpec', 'must begin with http:// or https://'],
  ['no URL at all', { endpoint: 'canary' }, {}, 'InvalidSpec', 'is not a URL'],
  ['a password in the URL', { endpoint: 'http://user:canary@collector:4318' }, {}, 'InvalidSpec', 'must not hold user and password'],
];

describe('what cannot be resolved', () => {
  test.each(cases)('%s', (_sentence, spec, secrets, reason, message) => {
    const failure = resolveDestination({ endpoint, compression: 'None', ...spec }, own, secrets);
    expect(failure).toMatchObject({ reason, message: expect.stringContaining(message) });
    expect(JSON.stringify(failure)).not.toContain('canary');
  });
});

test('connections are shared by address and TLS identity; breakers also look at the credential', () => {
  const withToken = (token: string) => resolved({ endpoint, authTokenSecretRef: { name: 'c', key: 't' } }, { c: { t: token } });
  const [a, again, b] = [withToken('first'), withToken('first'), withToken('second')];
  expect([a.endpointId === b.endpointId, a.credentialId === b.credentialId, a.credentialId === again.credentialId]).toEqual([
    true,
    false,
    true,
  ]);
  expect(resolved({ endpoint: own.endpoint }).endpointId).not.toBe(resolved(undefined).endpointId);
});
