import { expect, test } from 'vitest';
import { placeOf, secretNamesOf } from '../../../../src/stores/registry.ts';
import type { S3Spec } from '../../../../src/stores/spec.ts';

const spec: S3Spec = {
  bucket: 'acme-traces',
  prefix: 'agents/prod/',
  forcePathStyle: false,
  requesterPays: false,
  auth: { type: 'IAMRole' },
};
const identity = (more: Partial<S3Spec>) => placeOf({ s3: { ...spec, ...more } }).identity;

test('people read a URL', () => {
  expect(placeOf({ s3: spec }).location).toBe('s3://acme-traces/agents/prod/');
});

test('the identity of a file knows neither prefix nor region', () => {
  expect(identity({ prefix: 'other/', region: 'eu-west-1' })).toEqual({ kind: 's3', endpoint: 'amazonaws.com', bucket: 'acme-traces' });
});

test('all endpoints of AWS are one, since bucket names are unique among them', () => {
  expect(identity({ endpoint: 'https://s3.eu-west-1.amazonaws.com' })).toEqual(identity({}));
  expect(identity({ endpoint: 'https://s3.dualstack.eu-west-1.amazonaws.com/' })).toEqual(identity({}));
});

test('a store of somebody else is told by its origin, however it is written', () => {
  expect(identity({ endpoint: 'https://S3.internal:443/' }).endpoint).toBe('https://s3.internal');
  expect(identity({ endpoint: 'https://amazonaws.com.evil.example' }).endpoint).toBe('https://amazonaws.com.evil.example');
});

test('it names every Secret once', () => {
  const auth: S3Spec['auth'] = {
    type: 'AccessKey',
    accessKeySecretRef: { name: 's3' },
    roleArn: 'arn:aws:iam::123456789012:role/r',
    externalIdSecretRef: { name: 's3', key: 'externalId' },
  };
  expect(secretNamesOf({ s3: { ...spec, auth, caSecretRef: { name: 'store-ca', key: 'ca.crt' } } })).toEqual(['store-ca', 's3']);
});
