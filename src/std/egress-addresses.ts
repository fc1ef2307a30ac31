import { BlockList, isIP } from 'node:net';

/** What a guard lets through beyond the ordinary. */
export type EgressPolicy = { readonly allowLoopback?: boolean | undefined };

const forbidden = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8], // unspecified: reaches the machine itself on many systems
  ['169.254.0.0', 16], // link-local, with the metadata services of AWS, Google, Azure and others
  ['100.100.100.200', 32], // metadata at Alibaba
  ['168.63.129.16', 32], // the platform's own host at Azure
  ['192.0.0.192', 32], // metadata at Oracle
  ['224.0.0.0', 4], // multicast
  ['255.255.255.255', 32],
] as const) {
  forbidden.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 128],
  ['fe80::', 10], // link-local
  ['fec0::', 10], // its predecessor, site-local
  ['fd00:ec2::', 32], // metadata, Pod Identity, DNS and time at AWS
  ['fd20:ce::', 32], // metadata at Google
  ['fd00:42::', 32], // metadata at Oracle and Scaleway
  ['ff00::', 8], // multicast
] as const) {
  forbidden.addSubnet(net, bits, 'ipv6');
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** How BlockList wants to hear of what kind an address is. */
export const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Does this address lead to the machine itself? A name never does. */
export const isLoopback = (address: string): boolean => isIP(address) !== 0 && loopback.check(address, familyOf(address));

const forbiddenNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

/**
 * Why a host may not be reached, in words, or nothing. A literal address is judged by itself; of a name only the known bad ones are
 * refused here, and its addresses when it is resolved.
 */
export function refusedHost(host: string, policy: EgressPolicy): string | undefined {
  const bare = canonical(host);
  if (isIP(bare)) return refusedAddress(bare, policy);
  if (forbiddenNames.has(bare)) return `${bare} is a metadata service`;
  if (!policy.allowLoopback && (bare === 'localhost' || bare.endsWith('.localhost'))) return `${bare} is a loopback name`;
  return undefined;
}

/** Why an address may not be reached, in words, or nothing. */
export function refusedAddress(address: string, policy: EgressPolicy): string | undefined {
  for (const each of [withoutZone(address), ...embeddedIPv4(withoutZone(address))]) {
    if (forbidden.check(each, familyOf(each))) return `${address} is a metadata, link-local or unspecified address`;
    if (!policy.allowLoopback && isLoopback(each)) return `${address} is a loopback address`;
  }
  return undefined;
}

/** As the URL standard reads a host: `0x7f.1` and `2130706433` are addresses too, and a final dot changes nothing. */
function canonical(host: string): string {
  const unbracketed = withoutZone(host.replace(/^\[|\]$/g, ''));
  if (isIP(unbracketed)) return unbracketed;
  const url = URL.canParse(`http://${unbracketed}/`) ? new URL(`http://${unbracketed}/`).hostname : unbracketed.toLowerCase();
  return url.replace(/\.$/, '');
}

const withoutZone = (address: string): string => address.replace(/%.*$/, '');

/** IPv4 addresses that an IPv6 address carries: mapped, compatible, translated (NAT64, local ones included), 6to4 and Teredo. */
function embeddedIPv4(address: string): readonly string[] {
  if (isIP(address) !== 6) return [];
  const words = wordsOf(address);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = words;
  const leadingZeros = words.findIndex((word) => word !== 0);
  if (a === 0x64 && b === 0xff9b) return [quad(g, h)];
  if (a === 0x2002) return [quad(b, c)];
  if (a === 0x2001 && b === 0) return [quad(c, d), quad(g ^ 0xffff, h ^ 0xffff)];
  if (leadingZeros >= 6 && !(g === 0 && h <= 1)) return [quad(g, h)];
  if (leadingZeros === 5 && f === 0xffff) return [quad(g, h)];
  if (leadingZeros === 4 && e === 0xffff && f === 0) return [quad(g, h)];
  return [];
}

const quad = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');

/** The eight 16-bit words of a valid IPv6 address. */
function wordsOf(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : address;
  const [head = '', tail] = hex.split('::');
  const words = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  if (tail === undefined) return words(head);
  const [before, after] = [words(head), words(tail)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}
