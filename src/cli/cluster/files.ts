import picomatch from 'picomatch';
import { durationMs } from '../../api/duration.ts';
import { platformOf } from '../../api/store.ts';
import { fileKind } from '../../kube/ownkinds.ts';
import { clean } from '../terminal/clean.ts';
import { paintFor } from '../terminal/paint.ts';
import { type Column, table } from '../terminal/table.ts';
import { count, counted, size, span } from '../terminal/words.ts';
import type { Member } from './members.ts';
import { type Form, screenOf, writeLines, writeNames, writeValue } from './output.ts';
import { filesOf } from './records.ts';
import type { Cluster } from './session.ts';
import { done } from './session.ts';
import { sourceNamed } from './sources.ts';
import { misused } from './trouble.ts';

export type SortBy = 'time' | 'key' | 'size' | 'spans' | 'state';

export type FilesOptions = {
  readonly state?: readonly string[];
  readonly reason?: readonly string[];
  readonly key?: string;
  /** Only files that something happened to in this time. */
  readonly since?: string;
  readonly sort: SortBy;
  readonly output?: Form;
};

/** Shows the files of a source one by one, as far as records of them are kept. */
export async function files(cluster: Cluster, name: string, options: FilesOptions): Promise<number> {
  const { io } = cluster;
  const isWanted = wanted(options, io.clock.now());
  const source = await sourceNamed(cluster, name);
  const kept = await filesOf(cluster, source);
  const found = kept.filter(isWanted).sort(orders[options.sort]);
  const { output } = options;
  const isPlatform = platformOf(source.spec.store) !== undefined;
  if (output === 'name') await writeNames(fileKind, [...new Set(found.map(({ record }) => record))], io);
  else if (output === 'json' || output === 'yaml')
    await writeValue(
      output,
      found.map((file) => memberJson(file, isPlatform)),
      io,
    );
  else {
    const columns = columnsFor(output === 'wide', isPlatform, io.clock.now());
    const paint = paintFor(io.out, io.env);
    for (const line of table(columns, found, screenOf(io), paint)) await io.out.write(`${line}\n`);
    const entries = source.status.ledger?.entries ?? 0;
    // A file that is under way may be in the ledger too, since it failed before.
    const older = entries > kept.length ? `; the ledger remembers ${counted(entries, 'file')}, records of older ones are gone` : '';
    await writeLines([{ text: `${totals(found, isPlatform)}${older}`, colour: 'dim' }], io);
  }
  return done;
}

const states: readonly Member['state'][] = ['Pending', 'Processing', 'Completed', 'Failed'];

/** Which files a person asks for. */
export function wanted({ state = [], reason = [], key, since }: FilesOptions, now: number): (file: Member) => boolean {
  const inState = state.map(
    (given) =>
      states.find((each) => each.toLowerCase() === given.toLowerCase()) ??
      misused(`there is no state ${given}: it is ${states.join(', ')}`),
  );
  const withReason = new Set(reason.map((each) => each.toLowerCase()));
  const isKey = key === undefined ? () => true : picomatch(key, { dot: true });
  return (file) =>
    (inState.length === 0 || inState.includes(file.state)) &&
    (withReason.size === 0 || withReason.has((file.reason ?? '').toLowerCase())) &&
    isKey(file.key) &&
    (since === undefined || timeOf(file) >= now - durationMs(since));
}

/** When something last happened to a file, as far as its record tells. */
const timeOf = ({ record: { metadata, status } }: Member): number =>
  Date.parse(status.completionTime ?? status.startTime ?? metadata.creationTimestamp ?? '') || 0;

const byKey = (a: Member, b: Member): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** Newest, largest and worst first; of equal ones by key. */
const orders: Readonly<Record<SortBy, (a: Member, b: Member) => number>> = {
  time: (a, b) => timeOf(b) - timeOf(a) || byKey(a, b),
  key: byKey,
  size: (a, b) => b.size - a.size || byKey(a, b),
  spans: (a, b) => (b.spans ?? 0) - (a.spans ?? 0) || byKey(a, b),
  state: (a, b) => states.indexOf(b.state) - states.indexOf(a.state) || byKey(a, b),
};

export const sortings = Object.keys(orders) as readonly SortBy[];

/** What a record counts for all its files says nothing about one file of a pack. */
const alone = ({ spec, status }: Member['record']): Member['record']['status'] | undefined => (spec.pack ? undefined : status);

const marks = { Failed: 'red', Completed: 'green', Processing: 'cyan', Pending: 'yellow' } as const;

const optional = (value: number | undefined): string => (value === undefined ? '' : count(value));

/** How large a slice of time will be, nobody knows: the size on its record only stands for one. */
const columnsFor = (isWide: boolean, isPlatform: boolean, now: number): readonly Column<Member>[] => {
  const usual = narrow(now).filter(({ title }) => !(isPlatform && title === 'SIZE'));
  return isWide ? [...usual.slice(0, -1), ...wide, ...usual.slice(-1)] : usual;
};

const narrow = (now: number): readonly Column<Member>[] => [
  { title: 'STATE', of: ({ state }) => state, colour: ({ state }) => marks[state] },
  { title: 'SPANS', of: ({ spans }) => optional(spans), align: 'right' },
  { title: 'REJECTED', of: ({ record }) => optional(alone(record)?.rejectedSpans || undefined), align: 'right', spare: true },
  { title: 'RETRIES', of: ({ record }) => optional(record.status.retries || undefined), align: 'right', spare: true },
  { title: 'SIZE', of: (file) => size(file.size), align: 'right' },
  { title: 'WHEN', of: (file) => span(Math.max(0, now - timeOf(file)) / 1_000), align: 'right' },
  { title: 'REASON', of: ({ reason }) => clean(reason ?? ''), least: 11, colour: ({ state }) => (state === 'Failed' ? 'red' : undefined) },
  { title: 'KEY', of: ({ key }) => clean(key), least: 30, from: 'start' },
];

const wide: readonly Column<Member>[] = [
  { title: 'MODIFIED', of: ({ modifiedTime }) => modifiedTime.slice(0, 19).replace('T', ' ') },
  { title: 'CREATED', of: ({ record }) => (record.metadata.creationTimestamp ?? '').slice(0, 19).replace('T', ' ') },
  { title: 'FINISHED', of: ({ record }) => (record.status.completionTime ?? '').slice(0, 19).replace('T', ' ') },
  { title: 'WORKER', of: ({ record }) => clean(record.spec.worker ?? '') },
  { title: 'MESSAGE', of: ({ message }) => clean(message ?? ''), least: 20 },
];

/** "24 files: 20 completed, 3 failed, 1 pending; 12,345 spans, 3 rejected, 4.2 MB" */
export function totals(files: readonly Member[], isPlatform = false): string {
  const parts = [...states].reverse().flatMap((state) => {
    const many = files.filter((file) => file.state === state).length;
    return many === 0 ? [] : [`${count(many)} ${state.toLowerCase()}`];
  });
  const records = [...new Set(files.map(({ record }) => record))];
  const sum = (of: (record: Member['record']) => number | undefined): number => records.reduce((all, record) => all + (of(record) ?? 0), 0);
  const rejected = sum(({ status }) => status.rejectedSpans);
  const bytes = files.reduce((all, file) => all + file.size, 0);
  const spans = `${counted(
    sum(({ status }) => status.spans),
    'span',
  )}${rejected > 0 ? `, ${count(rejected)} rejected` : ''}`;
  const what = counted(files.length, isPlatform ? 'slice' : 'file');
  return `${what}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}; ${spans}${isPlatform ? '' : `, ${size(bytes)}`}`;
}

function memberJson(
  { record, key, version, size: bytes, modifiedTime, state, reason, message, spans }: Member,
  isPlatform: boolean,
): object {
  const { retries, attempts, startTime, completionTime } = record.status;
  return {
    key,
    version,
    size: isPlatform ? null : bytes,
    modifiedTime,
    state,
    reason: reason ?? null,
    message: message ?? null,
    spans: spans ?? null,
    rejectedSpans: alone(record)?.rejectedSpans ?? null,
    retries,
    attempts,
    createdTime: record.metadata.creationTimestamp ?? null,
    startTime: startTime ?? null,
    completionTime: completionTime ?? null,
    record: record.metadata.name,
  };
}
