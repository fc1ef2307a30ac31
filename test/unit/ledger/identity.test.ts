import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { identities, identityText } from '../../../src/ledger/identity.ts';

const place = { kind: 's3', endpoint: 'https://s3.internal:9000', bucket: 'acme-traces' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

// What is written in a ledger stays there for years, so this may never change.
test.each([
  ['agents/prod/run-1.json', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['agents/prod/läufe/走る 😀.json', '1731000000000001'],
  ['', ''],
])('the identity of %j, version %j, is 56 bits of the hash of place and key, and 40 of that of the version', (key, version) => {
  const expected = sha256(`s3\nhttps://s3.internal:9000\nacme-traces\n${key}`).slice(0, 14) + sha256(version).slice(0, 10);
  expect(identityText(identities(place)({ key, version }))).toBe(expected);
});

test('an identity is written down as it always was', () => {
  expect(identityText(identities(place)({ key: 'agents/prod/run-1.json', version: 'd41d8cd98f00b204e9800998ecf8427e' }))).toBe(
    'ae3f2e93f9ac33f215faf9d8',
  );
});
