import type { SourceSpec } from '../api/ingestionsource.ts';
import { extensionsOf, prefixOf } from '../api/match.ts';
import { platformOf } from '../api/store.ts';
import { mostSkipped, type Tally } from './tally.ts';

/** "1,204" */
export const number = (value: number): string => value.toLocaleString('en-US');

/** "1 file", "1,204 files" */
export const counted = (value: number, one: string, many = `${one}s`): string => `${number(value)} ${value === 1 ? one : many}`;

/** Why a scan found no file, with numbers. The first filter that let nothing pass is the one to look at. */
export function nothingMatches(tally: Tally, spec: Pick<SourceSpec, 'store' | 'scan' | 'format'>, modifiedAfter?: string): string {
  const { listed, skipped } = tally;
  const prefix = prefixOf(spec);
  const under = prefix === '' ? 'in the bucket' : `under ${prefix}`;
  const objects = listed - skipped.folder;
  // Written as a path is on a disk, it names another place.
  const slash = prefix.startsWith('/') ? ': keys begin without a slash unless their writer gave them one' : '';
  const isPlatform = platformOf(spec.store) !== undefined;
  if (objects === 0) return isPlatform ? 'there is no slice yet' : `there is no object ${under} yet${slash}`;
  const named = objects - skipped.prefix - skipped.extension;
  const all = isPlatform ? counted(objects, 'slice') : `${counted(objects, 'object')} ${under}`;
  if (named === 0) return `${all}, none ends with ${list(extensionsOf(spec))}${instead(tally)}`;
  const some = extensionsOf(spec).length === 0 ? all : `${all}, ${number(named)} ${ends(named)} with ${list(extensionsOf(spec))}`;
  const globbed = named - skipped.include - skipped.exclude;
  if (globbed === 0) return `${some}, but ${globs(skipped.include, skipped.exclude)}`;
  return `${some}, but ${times(tally, spec, modifiedAfter)}`;
}

/** Why slices of a platform brought nothing: the usual causes. Undefined where the store is a bucket. */
export function noSpans({ store }: Pick<SourceSpec, 'store'>): string | undefined {
  const platform = platformOf(store);
  if (!platform) return undefined;
  const { service, lookback } = platform;
  const named = service === undefined ? '' : ` of service ${service}`;
  const causes = [
    service !== undefined && 'is the service named exactly so, in capitals and small letters',
    'does sampling leave anything over',
    `does lookback (${lookback}) reach back to where there was traffic`,
  ];
  return `no span${named} in them: ${list(causes.filter((cause) => cause !== false))}?`;
}

const ends = (count: number): string => (count === 1 ? 'ends' : 'end');

function instead(tally: Tally): string {
  const [first] = mostSkipped(tally, 1);
  if (!first) return '';
  return `; ${number(first.count)} ${first.extension === '' ? `${first.count === 1 ? 'has' : 'have'} no extension` : `${ends(first.count)} with ${first.extension}`}`;
}

function globs(include: number, exclude: number): string {
  if (exclude === 0) return 'none of them matches scan.include';
  return include === 0
    ? 'scan.exclude leaves all of them out'
    : `${number(include)} match no glob of scan.include and scan.exclude leaves out ${number(exclude)}`;
}

function times({ skipped: { old, late, young, odd } }: Tally, { scan }: Pick<SourceSpec, 'scan'>, modifiedAfter = ''): string {
  const parts = [
    old > 0 && `${number(old)} ${were(old)} modified before ${modifiedAfter}`,
    late > 0 && `${number(late)} ${were(late)} not modified before ${scan.modified?.before}`,
    young > 0 && `${number(young)} ${young === 1 ? 'is' : 'are'} younger than scan.minAge ${scan.minAge}`,
    odd > 0 && `${number(odd)} ${odd === 1 ? 'has' : 'have'} no version that pins the content`,
  ];
  return list(
    parts.filter((part) => part !== false),
    'and',
  );
}

const were = (count: number): string => (count === 1 ? 'was' : 'were');

/** "a", "a or b", "a, b or c" */
function list(parts: readonly string[], word = 'or'): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${word} ${parts.at(-1)}`;
}
