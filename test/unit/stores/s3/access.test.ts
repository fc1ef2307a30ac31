import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../../src/api/failure.ts';
import type { OpenContext } from '../../../../src/stores/provider.ts';
import { s3Access } from '../../../../src/stores/s3/access.ts';
import type { S3Spec } from '../../../../src/stores/spec.ts';

const plain: S3Spec = { bucket: 'acme-traces', prefix: '', forcePathStyle: false, requesterPays: false, auth: { type: 'IAMRole' } };
const withKeys: S3Spec = { ...plain, auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } } };
const roleArn = 'arn:aws:iam::123456789012:role/trace-reader';
const keys = { accessKeyId: 'AKIAREADER', secretAccessKey: 'secret' };

const context = (more: Partial<OpenContext> = {}): OpenContext => ({
  source: { namespace: 'ml-platform', name: 'checkout-agents' },
  secrets: { 's3-keys': keys, 'trace-reader': { externalId: 'ferry-7Q' } },
  operatorIdentity: true,
  ...more,
});

const failing = (spec: S3Spec, more: Partial<OpenContext> = {}) => {
  try {
    return s3Access(spec, context(more));
  } catch (thrown) {
    return failureOf(thrown);
  }
};

describe('whose credentials a source gets', () => {
  test('keys of its Secret, without the newline that editors add', () => {
    const { base } = s3Access(withKeys, context({ secrets: { 's3-keys': { ...keys, secretAccessKey: 'secret\n' } } }));
    expect(base).toEqual({ from: 'keys', ...keys });
  });

  test('a session token goes along', () => {
    const { base } = s3Access(withKeys, context({ secrets: { 's3-keys': { ...keys, sessionToken: 'token' } } }));
    expect(base).toMatchObject({ sessionToken: 'token' });
  });

  test("the operator's only where it names no Secret", () => {
    expect(s3Access(plain, context()).base).toEqual({ from: 'operator' });
  });

  test.each([
    ['a Secret that is not there', {}, /no Secret s3-keys/],
    ['a Secret without a key', { 's3-keys': { accessKeyId: 'AKIAREADER' } }, /no key secretAccessKey/],
    ['a Secret with an empty key', { 's3-keys': { ...keys, secretAccessKey: ' ' } }, /no key secretAccessKey/],
  ])('%s is MissingCredential, never the identity of the operator', (_what, secrets, says) => {
    expect(failing(withKeys, { secrets })).toMatchObject({ reason: 'MissingCredential', message: expect.stringMatching(says) });
  });

  test('the identity of the operator can be out of bounds, but a role may still be assumed with it', () => {
    expect(failing(plain, { operatorIdentity: false })).toMatchObject({ reason: 'NotAllowed' });
    expect(s3Access({ ...plain, auth: { type: 'IAMRole', roleArn } }, context({ operatorIdentity: false })).role?.arn).toBe(roleArn);
  });
});

describe('the session of a role', () => {
  const assuming: S3Spec = {
    ...withKeys,
    auth: { ...withKeys.auth, roleArn, externalIdSecretRef: { name: 'trace-reader', key: 'externalId' } },
  };

  test('carries namespace and source, and the external id of its Secret', () => {
    expect(s3Access(assuming, context()).role).toEqual({
      arn: roleArn,
      externalId: 'ferry-7Q',
      sessionName: 'spanferry-ml-platform-checkout-agents',
      tags: { 'spanferry.io/namespace': 'ml-platform', 'spanferry.io/source': 'checkout-agents' },
    });
  });

  test('has a name that STS takes, however long the names are', () => {
    const name = (source: string) => s3Access(assuming, context({ source: { namespace: 'n'.repeat(63), name: source } })).role?.sessionName;
    expect(name('a'.repeat(253))).toMatch(/^[\w+=,.@-]{2,64}$/);
    expect(name('one')).not.toBe(name('two'));
  });
});

describe('which sources share a client', () => {
  const key = (spec: S3Spec, more: Partial<OpenContext> = {}) => s3Access(spec, context(more)).key;

  test('those with equal credentials, wherever they read', () => {
    expect(key({ ...withKeys, bucket: 'other', prefix: 'else/' }, { source: { namespace: 'other', name: 'other' } })).toBe(key(withKeys));
  });

  test.each<[string, S3Spec, Partial<OpenContext>]>([
    ['another key', withKeys, { secrets: { 's3-keys': { ...keys, secretAccessKey: 'rotated' } } }],
    ['a role', { ...withKeys, auth: { ...withKeys.auth, roleArn } }, {}],
    ['another endpoint', { ...withKeys, endpoint: 'https://s3.internal:9000' }, {}],
    ['path style', { ...withKeys, forcePathStyle: true }, {}],
    ['the identity of the operator', plain, {}],
  ])('not those with %s', (_what, spec, more) => {
    expect(key(spec, more)).not.toBe(key(withKeys));
  });

  test('sessions of a role belong to one source', () => {
    const spec: S3Spec = { ...withKeys, auth: { ...withKeys.auth, roleArn } };
    expect(key(spec, { source: { namespace: 'ml-platform', name: 'other' } })).not.toBe(key(spec));
  });

  test('no secret can be read out of a key', () => {
    expect(key(withKeys)).not.toContain('secret');
  });
});
