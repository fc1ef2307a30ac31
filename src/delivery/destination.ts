import { createHash, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Destination as Spec } from '../api/destination.ts';
import { type Failure, fail, failureOf, isFailed } from '../api/failure.ts';
import { headerProblem, secretsIn } from './headers.ts';

export type Compression = Spec['compression'];

/** The operator's own collector, from its flags and environment. Its token never travels to a destination that a source names. */
export type OwnDestination = {
  readonly endpoint: string;
  readonly authToken?: string;
  readonly compression?: Compression;
  readonly ca?: string;
};

/** Values of the Secrets in the namespace of the source, by name and key; undefined where there is no such Secret. */
export type SecretValues = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

export type Timeouts = { readonly connectMs: number; readonly answerMs: number };

/** Everything that is needed to send. Holds secrets: it is never logged. */
export type Destination = {
  readonly origin: string;
  /** Path with query. */
  readonly path: string;
  /** The URL as people may see it: without query. */
  readonly shown: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly compression: Compression;
  readonly timeouts: Timeouts;
  /** A source named it, so the egress guard watches its connections. */
  readonly guarded: boolean;
  /** What is cut out of every message. */
  readonly secrets: readonly string[];
  /** Equal where connections may be shared; differs in address, TLS identity and guard. */
  readonly endpointId: string;
  /** Equal where credentials are the same, too. */
  readonly credentialId: string;
};

const defaultTimeouts: Timeouts = { connectMs: 10_000, answerMs: 60_000 };

/** Puts together what the spec, the operator and the Secrets say. Fails with a sentence that names Secret and key, never a value. */
export function resolveDestination(
  spec: Spec | undefined,
  own: OwnDestination,
  secrets: SecretValues,
  timeouts: Timeouts = defaultTimeouts,
): Destination | Failure {
  try {
    return spec ? named(spec, secrets, timeouts) : ofOperator(own, timeouts);
  } catch (error) {
    if (isFailed(error)) return failureOf(error);
    throw error;
  }
}

/** Names of the Secrets that a destination needs, each once. */
export const destinationSecretNames = (spec: Spec | undefined): readonly string[] => {
  const { authTokenSecretRef, headersSecretRef, caSecretRef, clientCertSecretRef } = spec ?? {};
  const refs = [authTokenSecretRef, headersSecretRef, caSecretRef, clientCertSecretRef];
  return [...new Set(refs.flatMap((ref) => (ref ? [ref.name] : [])))];
};

/** Tells the two answers of resolveDestination apart. */
export const isFailure = (resolved: Destination | Failure): resolved is Failure => 'reason' in resolved;

function ofOperator({ endpoint, authToken, compression = 'None', ca }: OwnDestination, timeouts: Timeouts): Destination {
  const bearer = authToken?.trim();
  const headers = bearer ? { authorization: `Bearer ${checkedToken(bearer, 'the token of the operator')}` } : {};
  return assemble(endpoint, headers, ca === undefined ? {} : { ca: checkedCa(ca, 'the CA of the operator') }, compression, timeouts, false);
}

function named(spec: Spec, secrets: SecretValues, timeouts: Timeouts): Destination {
  const { authTokenSecretRef: token, headersSecretRef, caSecretRef: ca, clientCertSecretRef: client } = spec;
  const headers = headersSecretRef ? secretHeaders(headersSecretRef.name, secrets) : {};
  if (token) {
    if ('authorization' in headers) {
      fail('CredentialError', `Secret ${headersSecretRef?.name} sets the header authorization, and so does authTokenSecretRef: keep one`);
    }
    const where = `Secret ${token.name}, key ${token.key}`;
    headers.authorization = `Bearer ${checkedToken(secretValue(secrets, token.name, token.key).trim(), where)}`;
  }
  const tls = {
    ...(ca && { ca: checkedCa(secretValue(secrets, ca.name, ca.key), `Secret ${ca.name}, key ${ca.key}`) }),
    ...(client && clientCertificate(client.name, secrets)),
  };
  return assemble(spec.endpoint, headers, tls, spec.compression, timeouts, true);
}

function secretHeaders(name: string, secrets: SecretValues): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [header, raw] of Object.entries(secretOf(secrets, name))) {
    const value = raw.trim();
    const problem = headerProblem(header, value);
    if (problem !== undefined) fail('CredentialError', `Secret ${name}, key ${header}: the header ${problem}`);
    headers[header.toLowerCase()] = value;
  }
  return headers;
}

function checkedToken(token: string, where: string): string {
  if (token === '') fail('CredentialError', `${where}: the token is empty`);
  if (headerProblem('authorization', token) !== undefined || /\s/.test(token)) {
    fail('CredentialError', `${where}: the token has characters that no header may hold`);
  }
  return token;
}

/** node:tls takes any text for an authority and then trusts nobody, so it is read here first. */
function checkedCa(pem: string, where: string): string {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const readable = blocks.length > 0 && blocks.every((block) => succeeds(() => new X509Certificate(block)));
  return readable ? pem : fail('CredentialError', `${where}: there is no certificate in PEM that can be read`);
}

function clientCertificate(name: string, secrets: SecretValues): { readonly cert: string; readonly key: string } {
  const cert = secretValue(secrets, name, 'tls.crt');
  const key = secretValue(secrets, name, 'tls.key');
  if (succeeds(() => createSecureContext({ cert, key }))) return { cert, key };
  return fail('CredentialError', `Secret ${name}: tls.crt and tls.key are not a certificate and its key in PEM`);
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function secretOf(secrets: SecretValues, name: string): Readonly<Record<string, string>> {
  return secrets[name] ?? fail('CredentialError', `there is no Secret ${name} in the namespace of the source`);
}

function secretValue(secrets: SecretValues, name: string, key: string): string {
  return secretOf(secrets, name)[key] ?? fail('CredentialError', `Secret ${name} has no key ${key}`);
}

function assemble(
  endpoint: string,
  headers: Readonly<Record<string, string>>,
  tls: Destination['tls'],
  compression: Compression,
  timeouts: Timeouts,
  guarded: boolean,
): Destination {
  const url = urlOf(endpoint);
  const endpointId = digest([url.origin, url.pathname, url.search, tls, guarded]);
  return {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    shown: `${url.origin}${url.pathname}`,
    headers,
    tls,
    compression,
    timeouts,
    guarded,
    secrets: secretsIn([...Object.values(headers), ...url.searchParams.values()]),
    endpointId,
    credentialId: digest([endpointId, Object.entries(headers).sort()]),
  };
}

/** The URL that is called for an endpoint: it gets /v1/traces unless it ends so. Fails with a sentence where it cannot be called. */
export function urlOf(endpoint: string): URL {
  if (!URL.canParse(endpoint)) fail('InvalidSpec', 'destination.endpoint is not a URL');
  const url = new URL(endpoint);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    fail('InvalidSpec', 'destination.endpoint must begin with http:// or https://');
  if (url.username !== '' || url.password !== '') {
    fail('InvalidSpec', 'destination.endpoint must not hold user and password: name a Secret in headersSecretRef instead');
  }
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
  return url;
}

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
