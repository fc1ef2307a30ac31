/** Does a name fit a pattern of the tenancy policy? */
export type Fits = (name: string) => boolean;

/**
 * Patterns of the tenancy policy. `*` stands for any characters and `?` for one, but never across the parts of which a name is made: a host
 * stays a host. What a pattern leaves out is free. Each of these throws a sentence where nothing could ever fit.
 */
export const patterns = { bucket, role, destination };

/** With what locations of stores begin, and URLs of destinations. */
const schemes = {
  bucket: ['s3', 'gs', 'azblob', 'xray', 'cloudtrace', 'azuremonitor', 'datadog'],
  destination: ['http', 'https'],
} as const;

/** `[scheme://]bucket`, or `[azblob://]account[/container]`. */
function bucket(pattern: string): Fits {
  const { scheme, rest } = schemeOf(pattern, schemes.bucket);
  const parts = rest.replace(/\/+$/, '').split('/').map(wildcard);
  const [, second] = rest.split('/');
  if (/^(s3|gs)$/.test(scheme ?? '') && second !== undefined && !/^\**$/.test(second)) {
    throw new Error(`"${pattern}" names a prefix, but a policy allows whole buckets: write ${scheme}://${rest.split('/')[0]}`);
  }
  const fitsScheme = wildcard(scheme ?? '*');
  return (name) => {
    const its = schemeOf(name);
    const names = its.rest.split('/');
    return fitsScheme(its.scheme ?? '') && parts.every((fits, at) => fits(names[at] ?? ''));
  };
}

/** An ARN as IAM compares it: part by part, so that `*` crosses the slashes of a path, but no colon. */
function role(pattern: string): Fits {
  if (/^\*+$/.test(pattern)) return () => true;
  const parts = partsOfArn(pattern);
  if (parts.length < 6) throw new Error(`"${pattern}" is no ARN of a role: write it as arn:aws:iam::123456789012:role/NAME`);
  const all = parts.map(wildcard);
  return (name) => {
    const names = partsOfArn(name);
    return names.length === all.length && all.every((fits, at) => fits(names[at] ?? ''));
  };
}

const partsOfArn = (arn: string): readonly string[] => {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), ...(parts.length > 5 ? [parts.slice(5).join(':')] : [])];
};

/** `[scheme://]host[:port][/path]`, compared with the URL that is called; a path allows what lies below it, too. */
function destination(pattern: string): Fits {
  const { scheme, rest } = schemeOf(pattern, schemes.destination);
  const slash = rest.indexOf('/');
  const authority = (slash < 0 ? rest : rest.slice(0, slash)).toLowerCase();
  const [, host = authority, port] = /^(.*):([0-9*?]+)$/.exec(authority) ?? [];
  if (host === '' || host.includes('@')) {
    throw new Error(`"${pattern}" is no pattern of a destination: write it as http://otel-collector.*:4318`);
  }
  const path = slash < 0 ? '' : rest.slice(slash).replace(/\/+$/, '');
  const [fitsScheme, fitsHost, fitsPort] = [wildcard(scheme ?? '*'), wildcard(host), wildcard(port ?? '*')];
  const [fitsPath, fitsBelow] = [wildcard(path === '' ? '*' : path), wildcard(`${path}/*`)];
  return (name) => {
    const url = new URL(name);
    const isPath = fitsPath(url.pathname) || fitsBelow(url.pathname);
    return fitsScheme(url.protocol.slice(0, -1)) && fitsHost(url.hostname) && fitsPort(url.port || defaultPort(url)) && isPath;
  };
}

const defaultPort = ({ protocol }: URL): string => (protocol === 'https:' ? '443' : '80');

/** Of a pattern it is one that can be: `known` are all that there are. */
function schemeOf(text: string, known?: readonly string[]): { readonly scheme?: string; readonly rest: string } {
  const at = text.indexOf('://');
  if (at < 0) return { rest: text };
  const scheme = text.slice(0, at).toLowerCase();
  if (known && !known.some(wildcard(scheme))) {
    throw new Error(`"${text}" could never fit: there is no ${scheme}:// here, but ${known.map((each) => `${each}://`).join(', ')}`);
  }
  return { scheme, rest: text.slice(at + 3) };
}

/** Only `*` and `?`: what else shells know would look as if it worked. */
function wildcard(pattern: string): Fits {
  // An address of IPv6 begins with a bracket, and only a host may be one.
  const odd = /[{}()!]|(?<=.)\[/.exec(pattern);
  if (odd) throw new Error(`"${pattern}" has ${odd[0]}, but only * and ? are wildcards: write one pattern for each case`);
  const text = pattern
    .replaceAll(/[\\^$.|+[\]]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  const whole = new RegExp(`^${text}$`, 's');
  return (name) => whole.test(name);
}
