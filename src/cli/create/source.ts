import type { IngestionSource } from '../../api/ingestionsource.ts';
import { apiVersion } from '../../api/kind.ts';
import { parseSource } from '../../api/parse.ts';
import { misused } from '../cluster/trouble.ts';
import { keyRef, locations, type StoreFlags } from './locations.ts';

/** All that the command line says about a source that is yet to be made. */
export type SourceFlags = StoreFlags & {
  readonly name?: string;
  readonly namespace?: string;
  readonly description?: string;
  readonly destination?: string;
  readonly tokenSecret?: string;
  readonly headersSecret?: string;
  readonly format?: string;
  readonly interval?: string;
  readonly extension?: readonly string[];
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly since?: string;
  readonly latest?: number;
  readonly minAge?: string;
  readonly applicationId?: string;
  readonly suspend?: boolean;
};

/** A manifest as a person would write it: only what was said. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: 'IngestionSource';
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: Readonly<Record<string, unknown>>;
};

export type Made = {
  readonly manifest: Manifest;
  /** The same as the API server would understand it. */
  readonly source: IngestionSource;
};

/** Flags by the name of the option, for sentences. */
const optionOf = (flag: string): string => `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Every flag about stores; those that a location does not list do not go with it. */
const storeFlags = [...new Set(locations.flatMap(({ flags }) => flags))];

const examples = locations.map(({ example }) => example).filter((example) => !example.startsWith('https:'));

/** Makes a source from a location and flags. What does not fit together is told in a sentence. */
export function sourceFrom(url: string, flags: SourceFlags): Made {
  const location = locations.find(({ pattern }) => pattern.test(url));
  if (!location) misused(`${url} is no location; write ${examples.join(', ')}, or the https:// URL of one`);
  const stray = storeFlags.find((flag) => flags[flag] !== undefined && !location.flags.includes(flag));
  if (stray) misused(`${optionOf(stray)} does not go with ${location.example}`);
  const parts = location.pattern.exec(url)?.groups ?? {};
  const manifest: Manifest = {
    apiVersion,
    kind: 'IngestionSource',
    metadata: { name: flags.name ?? nameFrom(parts), ...(flags.namespace !== undefined && { namespace: flags.namespace }) },
    spec: compact({
      description: flags.description,
      suspend: flags.suspend || undefined,
      store: location.store(parts, flags),
      ...selection(flags),
      destination: destination(flags),
    }),
  };
  const parsed = parseSource(manifest);
  if (!parsed.ok) misused(parsed.failure.message);
  return { manifest, source: parsed.value };
}

const selection = (flags: SourceFlags): object => ({
  scan: {
    interval: flags.interval,
    extensions: flags.extension,
    include: flags.include,
    exclude: flags.exclude,
    modified: { since: flags.since, latest: flags.latest },
    minAge: flags.minAge,
  },
  format: flags.format,
  applicationIds: flags.applicationId === undefined ? undefined : [flags.applicationId],
});

function destination({ destination: endpoint, tokenSecret, headersSecret }: SourceFlags): object | undefined {
  if (endpoint === undefined && (tokenSecret ?? headersSecret) !== undefined)
    misused('--token-secret and --headers-secret need --destination');
  return endpoint === undefined
    ? undefined
    : {
        endpoint,
        authTokenSecretRef: keyRef(tokenSecret),
        headersSecretRef: headersSecret === undefined ? undefined : { name: headersSecret },
      };
}

/** "acme-traces-agents-prod": the place, in the letters that a name may have. */
function nameFrom(parts: Readonly<Record<string, string | undefined>>): string {
  const { bucket, container, project, site, region, prefix, service } = parts;
  const words = [bucket ?? container ?? project ?? site ?? region ?? 'source', prefix ?? service ?? ''].join('-');
  const name = words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name.slice(0, 63).replace(/-+$/, '');
}

/** The object without members that are undefined, or have nothing but such. */
function compact(value: object): Readonly<Record<string, unknown>> {
  const kept = Object.entries(value).flatMap(([key, each]): [string, unknown][] => {
    if (each === undefined) return [];
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return [[key, each]];
    const inner = compact(each);
    return Object.keys(inner).length === 0 ? [] : [[key, inner]];
  });
  return Object.fromEntries(kept);
}
