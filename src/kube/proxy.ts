import { BlockList, isIP } from 'node:net';
import { familyOf, isLoopback } from '../std/egress-addresses.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy that the environment names for a server, as Go reads it, and so kubectl: capitals first. Undefined where the way is straight. */
export function proxyFor(server: string, env: Environment): string | undefined {
  if (!URL.canParse(server)) return undefined;
  const { protocol, hostname, port } = new URL(server);
  const named = protocol === 'https:' ? env.HTTPS_PROXY || env.https_proxy : env.HTTP_PROXY || env.http_proxy;
  const host = hostname.replace(/^\[|\]$/g, '');
  if (!named || host === 'localhost' || isLoopback(host)) return undefined;
  const exceptions = (env.NO_PROXY || env.no_proxy || '').split(',').map((each) => each.trim().toLowerCase());
  if (exceptions.some((each) => covers(each, host, port || (protocol === 'https:' ? '443' : '80')))) return undefined;
  const proxy = named.includes('://') ? named : `http://${named}`;
  return URL.canParse(proxy) ? proxy : undefined;
}

const bitsOf = (address: string): number => (isIP(address) === 6 ? 128 : 32);

const isIn = (list: BlockList, host: string): boolean => isIP(host) !== 0 && list.check(host, familyOf(host));

/** One word of NO_PROXY: `*`, an address, a range of them, a domain with all below it, or with a dot in front only those below it. */
function covers(word: string, host: string, port: string): boolean {
  if (word === '') return false;
  if (word === '*') return true;
  const [, range, bits] = /^(.+)\/(\d{1,3})$/.exec(word) ?? [];
  if (range !== undefined && isIP(range) !== 0) return Number(bits) <= bitsOf(range) && isIn(subnet(range, Number(bits)), host);
  const [, name = word, only] = isIP(word) === 6 ? [] : (/^(.*):(\d+)$/.exec(word) ?? []);
  if (only !== undefined && only !== port) return false;
  const domain = name.replace(/^\*(?=\.)|^\[|\]$/g, '');
  if (isIP(domain) !== 0) return isIn(subnet(domain, bitsOf(domain)), host);
  if (domain === '' || isIP(host) !== 0) return false;
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function subnet(range: string, bits: number): BlockList {
  const list = new BlockList();
  list.addSubnet(range, bits, familyOf(range));
  return list;
}
