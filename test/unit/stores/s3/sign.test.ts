import { expect, test } from 'vitest';
import { encodedKey, getSigner } from '../../../../src/stores/s3/sign.ts';

const at = Date.parse('2013-05-24T00:00:00Z');
const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };

test('the signature is the one that the documentation of S3 computes for its example', () => {
  const sign = getSigner('us-east-1');
  const headers = sign({ host: 'examplebucket.s3.amazonaws.com', path: '/test.txt', headers: { range: 'bytes=0-9' } }, credentials, at);
  expect(headers.authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
});

test('a session token is sent and signed', () => {
  const headers = getSigner('eu-west-1')({ host: 'h', path: '/k', headers: {} }, { ...credentials, sessionToken: 'token' }, at);
  expect(headers['x-amz-security-token']).toBe('token');
  expect(headers.authorization).toContain('x-amz-security-token');
});

test('another key or another day is another signature', () => {
  const sign = getSigner('us-east-1');
  const signature = (secretAccessKey: string, now: number) =>
    sign({ host: 'h', path: '/k', headers: {} }, { accessKeyId: 'A', secretAccessKey }, now).authorization;
  const all = [signature('one', at), signature('two', at), signature('one', at + 86_400_000), signature('one', at)];
  expect(new Set(all).size).toBe(3);
  expect(all[3]).toBe(all[0]);
});

test.each([
  ['plain/key-1_2.json', 'plain/key-1_2.json'],
  ['a b+c%.json', 'a%20b%2Bc%25.json'],
  ["it's (1)!*.json", 'it%27s%20%281%29%21%2A.json'],
  ['/rooted//doubled', '/rooted//doubled'],
  ['../up', '../up'],
  ['🚀\n', '%F0%9F%9A%80%0A'],
])('%j is sent as %s', (key, path) => {
  expect(encodedKey(key)).toBe(path);
});
