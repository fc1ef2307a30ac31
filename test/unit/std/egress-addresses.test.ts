import { describe, expect, test } from 'vitest';
import { refusedAddress, refusedHost } from '../../../src/std/egress-addresses.ts';

const always: readonly [what: string, address: string][] = [
  ['metadata at AWS, Google and Azure', '169.254.169.254'],
  ['credentials of ECS', '169.254.170.2'],
  ['EKS Pod Identity', '169.254.170.23'],
  ['EKS Pod Identity over IPv6', 'fd00:ec2::23'],
  ['metadata at AWS over IPv6', 'fd00:ec2::254'],
  ['metadata at Google over IPv6', 'fd20:ce::254'],
  ['metadata at Alibaba', '100.100.100.200'],
  ['the platform host at Azure', '168.63.129.16'],
  ['link-local over IPv6', 'fe80::1'],
  ['link-local with a zone', 'fe80::1%eth0'],
  ['unspecified', '0.0.0.0'],
  ['unspecified over IPv6', '::'],
  ['multicast', '224.0.0.1'],
  ['metadata mapped into IPv6', '::ffff:169.254.169.254'],
  ['the same in hexadecimal', '::ffff:a9fe:a9fe'],
  ['the same in full', '0:0:0:0:0:ffff:a9fe:a9fe'],
  ['metadata as IPv4-compatible IPv6', '::169.254.169.254'],
  ['metadata as IPv4-translated IPv6', '::ffff:0:169.254.169.254'],
  ['metadata behind NAT64', '64:ff9b::169.254.169.254'],
  ['metadata behind a local NAT64', '64:ff9b:1::a9fe:a9fe'],
  ['metadata as 6to4', '2002:a9fe:a9fe::1'],
  ['metadata as Teredo server', '2001:0:a9fe:a9fe::'],
  ['metadata as Teredo client', '2001::5601:5601'],
];

const loopback: readonly string[] = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'];

const fine: readonly string[] = [
  '10.0.0.1',
  '192.168.1.1',
  '172.16.0.1',
  '100.64.0.1',
  '52.216.0.1',
  '2600:1f18::1',
  'fd12:3456::1',
  '64:ff9b::808:808',
];

describe('addresses that sources may not reach', () => {
  test.each(always)('%s: %s is refused, whatever a flag says', (_what, address) => {
    expect(refusedAddress(address, {})).toContain(address);
    expect(refusedAddress(address, { allowLoopback: true })).toContain(address);
  });

  test.each(loopback)('%s is refused unless a flag allows loopback', (address) => {
    expect(refusedAddress(address, {})).toContain('loopback');
    expect(refusedAddress(address, { allowLoopback: true })).toBeUndefined();
  });

  test.each(fine)('%s is fine', (address) => {
    expect(refusedAddress(address, {})).toBeUndefined();
  });
});

const hosts: readonly [host: string, refused: boolean][] = [
  ['metadata.google.internal', true],
  ['METADATA.google.internal.', true],
  ['localhost', true],
  ['store.localhost', true],
  ['[::ffff:169.254.169.254]', true],
  ['2852039166', true],
  ['0xa9fea9fe', true],
  ['0251.0376.0251.0376', true],
  ['169.254.43518', true],
  ['127.1', true],
  ['s3.us-east-1.amazonaws.com', false],
  ['minio.storage.svc', false],
  ['not a host', false],
];

describe('names and literal addresses, before anybody resolves them', () => {
  test.each(hosts)('%s: refused %s', (host, refused) => {
    expect(refusedHost(host, {}) !== undefined).toBe(refused);
  });
});
