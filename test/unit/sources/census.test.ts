import { describe, expect, test } from 'vitest';
import type { FileStatus } from '../../../src/api/ingestionfile.ts';
import { type Reason, reasons } from '../../../src/api/reasons.ts';
import { type Census, census } from '../../../src/sources/census.ts';
import { aRecord } from '../../support/records.ts';

const waitingFor = (reason: Reason, more: Partial<FileStatus> = {}) => aRecord({ state: 'Pending', reason, message: 'seen', ...more });

const cases: readonly [sentence: string, reason: Reason, side: keyof Census['troubles'] | undefined][] = [
  ['a certificate that is wrong at the store', 'TlsError', 'store'],
  ['a certificate that is wrong at the destination', 'DestinationTlsError', 'destination'],
  ['an address of the store that is forbidden', 'EgressRefused', 'store'],
  ['an address of the destination that is forbidden', 'DestinationEgressRefused', 'destination'],
  ['a store that is down', 'StoreUnavailable', 'store'],
  ['a destination that is down', 'DestinationUnavailable', 'destination'],
  ['a token that the destination refuses', 'CredentialError', 'destination'],
  ['a policy that does not allow the source', 'NotAllowed', 'neither'],
  ['what belongs to the file alone', 'Truncated', undefined],
];

describe('whose trouble files wait for', () => {
  test.each(cases)('%s: %s', (_sentence, reason, side) => {
    const { troubles, waiting, pending } = census([waitingFor(reason)]);
    expect(troubles).toEqual(side === undefined ? {} : { [side]: { reason, message: 'seen' } });
    expect([waiting, pending]).toEqual([side === undefined ? 0 : 1, 1]);
  });

  test('a file with a retry used has trouble of its own, whatever its reason', () => {
    expect(census([waitingFor('StoreUnavailable', { retries: 1 })]).troubles).toEqual({});
  });

  test('every reason of a destination says so by its side, so that no store can be blamed for it', () => {
    const named = Object.entries(reasons).filter(([reason]) => reason.startsWith('Destination'));
    for (const [reason, row] of named) expect(row, reason).toMatchObject({ side: 'destination' });
  });
});
