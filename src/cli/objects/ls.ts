import { prefixOf } from '../../api/match.ts';
import { platformOf } from '../../api/store.ts';
import type { Skip } from '../../sources/filter.ts';
import type { StoredFile } from '../../stores/store.ts';
import { keyIn } from '../cluster/key.ts';
import { type Form, listOf, screenOf, writeLines } from '../cluster/output.ts';
import { answerIsNo, type Cluster, done } from '../cluster/session.ts';
import { sourceNamed } from '../cluster/sources.ts';
import { clean } from '../terminal/clean.ts';
import { type Paint, paintFor } from '../terminal/paint.ts';
import { cut, padded } from '../terminal/width.ts';
import { count, counted, size } from '../terminal/words.ts';
import { type Knowledge, type Known, knowledge } from './known.ts';
import { credentialOf, withStore } from './open.ts';

export type LsOptions = { readonly recursive: boolean; readonly ownLogin?: boolean; readonly output?: Extract<Form, 'json' | 'yaml'> };

/** What became of a file, in a word: the state of its record, or what the ledger remembers, or why it is left alone. */
export function stateOf({ member, outcome, skip, isBack, isKeyKnown }: Known, archived: boolean): string {
  if (member) return member.state;
  if (outcome && !isBack) return outcome === 'completed' ? 'Completed' : 'Failed';
  if (skip) return skips[skip];
  if (archived) return 'Archived';
  return isKeyKnown && !isBack ? 'Changed' : 'New';
}

/** Why the source leaves a file alone, for a column. */
const skips: Readonly<Record<Skip, string>> = {
  prefix: 'no match',
  extension: 'no match',
  include: 'no match',
  exclude: 'excluded',
  folder: 'folder',
  old: 'too old',
  late: 'too late',
  young: 'resting',
  odd: 'no version',
};

const colours: Readonly<Record<string, keyof Paint>> = {
  Completed: 'green',
  Failed: 'red',
  Processing: 'cyan',
  Pending: 'yellow',
  New: 'yellow',
  Changed: 'yellow',
  Archived: 'red',
};

type Totals = { folders: number; files: number; bytes: number; readonly states: Map<string, number> };

/** Lists what lies below a prefix of a source: folders and files, and what became of each. */
export async function ls(cluster: Cluster, name: string, given: string | undefined, options: LsOptions): Promise<number> {
  const { io } = cluster;
  const source = await sourceNamed(cluster, name);
  const prefix = given === undefined ? prefixOf(source.spec) : keyIn(source, given);
  const credential = await credentialOf(cluster, source.spec.store, options.ownLogin === true);
  const known = await knowledge(cluster, source);
  const totals: Totals = { folders: 0, files: 0, bytes: 0, states: new Map() };
  const list = options.output && (await listOf(options.output, io));
  const isPlatform = platformOf(source.spec.store) !== undefined;
  await withStore(credential, source.metadata, io, async (store) => {
    for await (const page of store.list({ prefix, ...(!options.recursive && { delimiter: '/' }) })) {
      const rows = [
        ...page.folders.map((folder): Row => ({ folder })),
        ...page.files.map((file): Row => ({ file, state: stateOf(known.of(file), file.archived === true) })),
      ];
      for (const row of rows) {
        add(totals, row);
        if (list) await list.add(rowJson(row, known, isPlatform));
        else await io.out.write(`${rowLine(row, prefix, isPlatform, screenOf(io), paintFor(io.out, io.env))}\n`);
      }
    }
  });
  if (list) await list.end();
  else await writeLines([{ text: total(totals, store(source), prefix, isPlatform), colour: 'dim' }], io);
  return totals.folders + totals.files > 0 ? done : answerIsNo;
}

const store = ({ status, spec }: Pick<Parameters<typeof keyIn>[0], 'status' | 'spec'>): string =>
  (status.location ?? '').slice(0, (status.location ?? '').length - prefixOf(spec).length);

type Row = { readonly folder: string } | { readonly file: StoredFile; readonly state: string };

function add(totals: Totals, row: Row): void {
  if ('folder' in row) totals.folders++;
  else {
    totals.files++;
    totals.bytes += row.file.size;
    totals.states.set(row.state, (totals.states.get(row.state) ?? 0) + 1);
  }
}

/** "2026-11-20 11:00:00   4.3 kB  Completed   run-1.json": names begin where the listed folder ends, as in `aws s3 ls`. A slice has no size yet. */
function rowLine(row: Row, prefix: string, isPlatform: boolean, columns: number | undefined, paint: Paint): string {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const left = 'folder' in row ? ' '.repeat(43) : `${timeOf(row.file)}  ${padded(isPlatform ? '-' : size(row.file.size), 8, 'right')}  `;
  const state = 'folder' in row ? '' : (paint[colours[row.state] ?? 'dim'](padded(row.state, 10)) ?? '');
  const name = clean(('folder' in row ? row.folder : row.file.key).slice(folder.length));
  const short = columns === undefined ? name : cut(name, Math.max(10, columns - 43));
  return 'folder' in row ? `${left}${paint.blue(short)}` : `${left}${state}  ${short}`;
}

const timeOf = ({ modifiedTime }: StoredFile): string => new Date(modifiedTime).toISOString().slice(0, 19).replace('T', ' ');

function total({ folders, files, bytes, states }: Totals, place: string, prefix: string, isPlatform: boolean): string {
  if (folders + files === 0) return `there is nothing below ${clean(`${place}${prefix}`)}`;
  const parts = [...states].map(([state, many]) => `${count(many)} ${state.toLowerCase()}`);
  const inside = [
    ...(folders > 0 ? [counted(folders, 'folder')] : []),
    ...(isPlatform ? [counted(files, 'slice')] : [counted(files, 'file'), size(bytes)]),
  ].join(', ');
  return `${inside}${parts.length > 0 ? `; ${parts.join(', ')}` : ''}`;
}

function rowJson(row: Row, known: Knowledge, isPlatform: boolean): object {
  if ('folder' in row) return { folder: row.folder };
  const { key, version, size: bytes, modifiedTime, archived } = row.file;
  const { member, skip } = known.of(row.file);
  return {
    key,
    version,
    size: isPlatform ? null : bytes,
    modifiedTime: new Date(modifiedTime).toISOString(),
    state: row.state,
    reason: member?.reason ?? null,
    skipped: skip ?? null,
    archived: archived === true,
  };
}
