import { durationMs } from '../api/duration.ts';
import { maxKey } from '../api/fields.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import { keyMatcher, type Mismatch } from '../api/match.ts';
import type { StoredFile } from '../stores/store.ts';

/** Why an object is left alone. `folder` is the empty marker that consoles create, `young` one that still rests, `odd` one that no record can name. */
export type Skip = Mismatch | 'folder' | 'old' | 'late' | 'young' | 'odd';

/** Tells for objects of a listing why they are left alone; undefined for one that matches. */
export type Filter = (file: StoredFile, now: number) => Skip | undefined;

/** Made once per spec and moment. Throws where a glob cannot be read. */
export function filter(spec: Pick<SourceSpec, 'store' | 'scan' | 'format'>, modifiedAfter: number): Filter {
  const mismatch = keyMatcher(spec);
  const minAge = durationMs(spec.scan.minAge);
  const before = spec.scan.modified?.before === undefined ? Number.POSITIVE_INFINITY : Date.parse(spec.scan.modified.before);
  return (file, now) => {
    if (file.size === 0 && file.key.endsWith('/')) return 'folder';
    const why = mismatch(file.key);
    if (why) return why;
    if (isOdd(file)) return 'odd';
    if (file.modifiedTime < modifiedAfter) return 'old';
    if (file.modifiedTime >= before) return 'late';
    return minAge > 0 && now - file.modifiedTime < minAge ? 'young' : undefined;
  };
}

const MAX_VERSION = 256;
const YEAR_10000 = Date.UTC(10_000, 0);

/** One that the API server would refuse a record for must not hold up the others. */
const isOdd = ({ key, version, modifiedTime }: StoredFile): boolean =>
  version === '' || version.length > MAX_VERSION || key.length > maxKey || !(modifiedTime >= 0 && modifiedTime < YEAR_10000);
