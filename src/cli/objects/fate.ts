import picomatch from 'picomatch';
import type { IngestionSource } from '../../api/ingestionsource.ts';
import { extensionsOf, prefixOf } from '../../api/match.ts';
import { platformOf } from '../../api/store.ts';
import type { Skip } from '../../sources/filter.ts';
import type { StoredFile } from '../../stores/store.ts';
import type { Member } from '../cluster/members.ts';
import { remedyOf } from '../cluster/trouble.ts';
import { ago, count, counted, size } from '../terminal/words.ts';
import type { Known } from './known.ts';

/** All that there is to know of one key. */
export type Seen = {
  readonly now: number;
  readonly source: Pick<IngestionSource, 'metadata' | 'spec' | 'status'>;
  readonly key: string;
  /** As the store lists it now: undefined where it is not there, 'unknown' where the store could not be asked. */
  readonly file: StoredFile | undefined | 'unknown';
  readonly known: Known;
  /** Every record of this key, of older contents too; the newest first. */
  readonly members: readonly Member[];
  readonly isLedgerRead: boolean;
};

export type Fate = 'Completed' | 'Failed' | 'Pending' | 'Processing' | 'LeftAlone' | 'New' | 'Waits' | 'Gone' | 'Unknown';

/** What became of a file, in a word and in sentences: the first answers, the others say how that is known. */
export type Answer = { readonly fate: Fate; readonly sentences: readonly string[] };

type Check = (seen: Seen) => Answer | undefined;

const byRecord: Check = ({ known: { member }, now }) =>
  member && { fate: member.state, sentences: [recordSentence(member, now), ...mend(member)] };

const byLedger: Check = ({ known: { outcome } }) => {
  switch (outcome) {
    case 'completed':
      return {
        fate: 'Completed',
        sentences: [
          'It was delivered: the ledger knows exactly this content as completed. Its record was pruned, so how it went is no longer known.',
        ],
      };
    case 'failed':
      return {
        fate: 'Failed',
        sentences: [
          'It failed: the ledger knows exactly this content as failed. Its record was pruned, so why is no longer known; `retry --all-failed` tries it again.',
        ],
      };
    default:
      return undefined;
  }
};

const gone: Check = ({ file, members: [last], now, known: { isKeyKnown } }) => {
  if (file !== undefined && file !== 'unknown') return undefined;
  if (last) return { fate: last.state, sentences: [recordSentence(last, now), ...mend(last)] };
  if (file === 'unknown') return { fate: 'Unknown', sentences: ['No record is kept of it, and the store could not be asked.'] };
  const before = isKeyKnown
    ? 'the ledger knows what was ingested under this key before it was deleted'
    : 'it was never there, or was deleted';
  return { fate: 'Gone', sentences: [`There is no such object in the store, and no record is kept of it: ${before}.`] };
};

const leftAlone: Check = (seen) => {
  const { skip } = seen.known;
  return skip && { fate: skip === 'young' ? 'Waits' : 'LeftAlone', sentences: [`It is left alone: ${skipReason(seen, skip)}.`] };
};

const archived: Check = ({ file }) =>
  typeof file === 'object' && file.archived
    ? {
        fate: 'LeftAlone',
        sentences: ['It is in an archive class and cannot be read: restore the object, and it is found by the next full listing.'],
      }
    : undefined;

const ignored: Check = ({ known, source: { spec } }) =>
  known.isKeyKnown && spec.scan.overwritten === 'Ignore'
    ? {
        fate: 'LeftAlone',
        sentences: [
          `It is left alone: ${known.isBack ? 'it was overwritten before it could be read' : 'another content came under this key before'}, and spec.scan.overwritten is Ignore.`,
        ],
      }
    : undefined;

const suspended: Check = ({ source: { spec, metadata } }) =>
  spec.suspend
    ? { fate: 'Waits', sentences: [`It waits: the source is suspended. \`spanferry resume ${metadata.name}\` goes on.`] }
    : undefined;

const stopped: Check = ({ source: { status } }) => {
  const wrong = status.conditions?.find(
    ({ type, status: is }) => (type === 'StoreReady' && is === 'False') || (type === 'Stalled' && is === 'True'),
  );
  return wrong && { fate: 'Waits', sentences: [`It waits: the source cannot go on. ${wrong.message.replace(/\.?$/, '.')}`] };
};

const coming: Check = ({ known, source: { metadata, spec } }) => ({
  fate: 'New',
  sentences: [
    `${cameHow(known)}: it is taken by a scan within ${spec.scan.interval}, or when there is a free slot. \`spanferry scan ${metadata.name}\` looks at once.`,
  ],
});

function cameHow({ isBack, isKeyKnown }: Known): string {
  if (isBack) return 'It was overwritten before it could be read, and is there again';
  return isKeyKnown ? 'It is new content under a key that was ingested before' : 'It matches and was not seen before';
}

/** Read from top to bottom: the first check with an answer wins. */
const checks: readonly Check[] = [byRecord, byLedger, gone, leftAlone, archived, ignored, suspended, stopped, coming];

/** What became of a file, and how that is known. */
export function fateOf(seen: Seen): Answer {
  for (const check of checks) {
    const answer = check(seen);
    if (answer) return { fate: answer.fate, sentences: [...answer.sentences, ...evidence(seen)] };
  }
  throw new Error('unreachable: the last check always answers');
}

function evidence({ source: { spec }, file, known, members, now, isLedgerRead }: Seen): readonly string[] {
  const older = members.filter((each) => each !== known.member && each.version !== versionOf(file)).length;
  const before = known.isBack && members.find(({ version }) => version === versionOf(file));
  return [
    file === 'unknown'
      ? 'In the store: not known.'
      : file === undefined
        ? 'In the store: no.'
        : `In the store: ${platformOf(spec.store) ? 'a slice of time' : size(file.size)}, modified ${ago(now - file.modifiedTime)}, version ${file.version}.`,
    ...(file === undefined || file === 'unknown' ? [] : [known.skip ? 'Matches the source: no.' : 'Matches the source: yes.']),
    known.member
      ? `Record: ${known.member.record.metadata.name}, ${known.member.state}.`
      : before
        ? `Record: ${before.record.metadata.name}, of the time before it was overwritten.`
        : `Record: none is kept of this content${older > 0 ? `, ${count(older)} of older content` : ''}.`,
    `Ledger: ${isLedgerRead ? inLedger(file, known) : 'could not be read'}.`,
  ];
}

const versionOf = (file: Seen['file']): string | undefined => (typeof file === 'object' ? file.version : undefined);

function inLedger(file: Seen['file'], { outcome, isKeyKnown }: Known): string {
  if (outcome) return outcome === 'superseded' ? 'it was overwritten before it could be read' : outcome;
  if (!isKeyKnown) return 'not in it';
  // Which content is meant only the store can tell.
  return typeof file === 'object'
    ? 'another content under this key'
    : 'something under this key was ingested; of which content and how it ended is not known';
}

function recordSentence({ state, reason, message, spans, record: { spec, status } }: Member, now: number): string {
  const since = (moment: string | undefined): string => (moment === undefined ? '' : ` ${ago(Math.max(0, now - Date.parse(moment)))}`);
  const why = reason === undefined ? '' : ` (${reason}${message === undefined ? '' : `: ${message.replace(/\.$/, '')}`})`;
  switch (state) {
    case 'Completed':
      return reason === 'Superseded'
        ? `It was overwritten before it could be read; the new content is a file of its own${why}.`
        : `It was delivered${since(status.completionTime)}${spans === undefined ? '' : `: ${counted(spans, 'span')}`}${spec.pack ? ', together with other small files' : ''}${rejections(status.rejectedSpans, why, spec.pack !== undefined)}.`;
    case 'Failed':
      return `It failed${since(status.completionTime)} after ${counted(status.attempts, 'attempt')}${why}.`;
    case 'Processing':
      return `It is on the ferry${spec.worker === undefined ? '' : ` of worker ${spec.worker}`} since it began${since(status.startTime)}.`;
    case 'Pending':
      return `It waits${status.nextAttemptTime === undefined ? '' : ` until ${status.nextAttemptTime}`}${spec.worker === undefined ? '' : ` for worker ${spec.worker}`}${why}.`;
    default:
      return state satisfies never;
  }
}

/** What did not arrive of a file that was delivered. A pack counts it for all of its files. */
const rejections = (many: number | undefined, why: string, isPack: boolean): string =>
  many ? `${isPack ? '; of the spans of all of them' : ', and'} ${counted(many, 'was', 'were')} rejected${why}` : '';

const mend = ({ state, reason, record }: Member): readonly string[] => {
  const isWhole = state === 'Completed' && !record.status.rejectedSpans;
  const remedy = isWhole || reason === undefined ? undefined : remedyOf(reason);
  return remedy === undefined ? [] : [remedy];
};

/** Which rule leaves a file alone. */
function skipReason({ key, file, source: { spec, status } }: Seen, skip: Skip): string {
  const { scan } = spec;
  switch (skip) {
    case 'prefix':
      return `it lies outside of the prefix ${prefixOf(spec)}`;
    case 'extension':
      return `it does not end with ${extensionsOf(spec).join(', ')} (spec.scan.extensions)`;
    case 'include':
      return `no glob of spec.scan.include matches it: ${scan.include.join(', ')}`;
    case 'exclude':
      return `the glob ${scan.exclude.find((glob) => picomatch.isMatch(key, glob, { dot: true })) ?? ''} of spec.scan.exclude matches it`;
    case 'folder':
      return 'it is the empty marker of a folder';
    case 'old':
      return `it was modified before ${status.modifiedAfter ?? 'the moment'} that spec.scan.modified names`;
    case 'late':
      return `it was not modified before ${scan.modified?.before} (spec.scan.modified.before)`;
    case 'young':
      return `it was modified less than ${scan.minAge} ago (spec.scan.minAge), and is taken once it has rested${typeof file === 'object' ? ` since ${new Date(file.modifiedTime).toISOString()}` : ''}`;
    case 'odd':
      return 'its version, key or time of modification is of a kind that no record can hold';
    default:
      return skip satisfies never;
  }
}
