import picomatch from 'picomatch';
import { type FileSpec, filesOf } from './ingestionfile.ts';
import type { SourceSpec } from './ingestionsource.ts';
import { platformOf } from './store.ts';

/** Why a key does not match a source: outside its prefix, another extension, no include, or an exclude. */
export type Mismatch = 'prefix' | 'extension' | 'include' | 'exclude';

const compressions = ['', '.gz', '.zst'];

/** Extensions that a source takes. The default depends on store and format, so it is here and not in the schema. Slices of time have none. */
export function extensionsOf({ store, scan, format }: Pick<SourceSpec, 'store' | 'scan' | 'format'>): readonly string[] {
  if (platformOf(store)) return [];
  return scan.extensions ?? (format === 'Monocle' ? ['.json', '.ndjson'] : ['.json']);
}

/** The prefix below which a source looks. */
export const prefixOf = ({ store }: Pick<SourceSpec, 'store'>): string => (store.s3 ?? store.gcs ?? store.azureBlob)?.prefix ?? '';

/** Tells for keys why they do not match; undefined for one that does. Make it once per spec: it compiles the globs. */
export function keyMatcher(spec: Pick<SourceSpec, 'store' | 'scan' | 'format'>): (key: string) => Mismatch | undefined {
  const prefix = prefixOf(spec);
  const endings = extensionsOf(spec).flatMap((extension) => compressions.map((compression) => extension + compression));
  const included = spec.scan.include.length > 0 ? picomatch([...spec.scan.include], { dot: true }) : () => true;
  const excluded = spec.scan.exclude.length > 0 ? picomatch([...spec.scan.exclude], { dot: true }) : () => false;
  return (key) => {
    if (!key.startsWith(prefix)) return 'prefix';
    if (endings.length > 0 && !endings.some((ending) => key.endsWith(ending))) return 'extension';
    if (!included(key)) return 'include';
    return excluded(key) ? 'exclude' : undefined;
  };
}

const matchers = new WeakMap<SourceSpec, ReturnType<typeof keyMatcher>>();

/** Does a source match a key? Compiles its globs once; a spec whose globs cannot be read matches nothing. */
export function takes({ spec }: { readonly spec: SourceSpec }, key: string): boolean {
  const mismatch = matchers.get(spec) ?? compiled(spec);
  matchers.set(spec, mismatch);
  return mismatch(key) === undefined;
}

const answered = new WeakMap<FileSpec, { readonly by: SourceSpec; readonly all: boolean }>();

/** Does a source match every key of a record? A pack has many, so it is answered once for each state of the two. */
export function takesAll(source: { readonly spec: SourceSpec }, { spec }: { readonly spec: FileSpec }): boolean {
  const before = answered.get(spec);
  if (before?.by === source.spec) return before.all;
  const all = filesOf(spec).every(({ key }) => takes(source, key));
  answered.set(spec, { by: source.spec, all });
  return all;
}

function compiled(spec: SourceSpec): ReturnType<typeof keyMatcher> {
  try {
    return keyMatcher(spec);
  } catch {
    return () => 'include';
  }
}
