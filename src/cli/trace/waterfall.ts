import { clean, cleanLines } from '../terminal/clean.ts';
import type { Paint } from '../terminal/paint.ts';
import { cut, padded, width, wrap } from '../terminal/width.ts';
import { count, counted, duration, moment } from '../terminal/words.ts';
import { type Axis, bar, scale } from './axis.ts';
import type { Brief } from './brief.ts';
import type { Trace } from './collect.ts';
import type { GenAi } from './genai.ts';
import { type Row, type Tree, treeOf } from './tree.ts';

export type Look = {
  readonly columns: number;
  readonly paint: Paint;
  /** All spans, and every message with all its lines. */
  readonly full: boolean;
};

/** Rows of one trace that are shown unless all are asked for. */
const MOST_ROWS = 500;
const DURATION = 10;

/** Draws one trace, line by line. */
export function* waterfall(trace: Trace, look: Look): Generator<string> {
  const tree = treeOf(trace.spans);
  const { paint, columns, full } = look;
  const cells = columns < 50 ? 0 : Math.max(16, Math.floor(columns * 0.36));
  const names = columns - cells - DURATION - (cells > 0 ? 2 : 1);
  const axis: Axis = { start: trace.start, end: trace.end, cells };
  yield cut(headline(trace), columns).replace(/^Trace \S+/, paint.bold);
  yield `${padded(contents(trace), names + DURATION + 1)} ${paint.dim(scale(axis))}`.trimEnd();
  let above: string[] = [];
  for (const row of full ? tree.rows : tree.rows.slice(0, MOST_ROWS)) {
    above = above.slice(0, row.depth);
    above[row.depth] = row.span?.service ?? '';
    yield line(row, row.depth > 0 ? above[row.depth - 1] : undefined, names, axis, paint);
    for (const detail of details(row, look)) yield detail;
  }
  for (const note of notes(tree, trace, full)) yield paint.dim(cut(note, columns));
}

const headline = ({ id, start, end }: Trace): string =>
  [`Trace ${id}`, ...(start === 0n ? ['no times'] : [`${moment(start)} UTC`, duration(end - start)])].join(' · ');

function contents({ spans, lost }: Trace): string {
  const errors = spans.filter(({ error }) => error).length;
  const services = [...new Set(spans.map(({ service }) => clean(service)).filter((service) => service !== ''))];
  const named = services.slice(0, 3).join(', ') + (services.length > 3 ? ` and ${services.length - 3} more` : '');
  const many = lost > 0 ? `${count(spans.length)} of ${counted(spans.length + lost, 'span')}` : counted(spans.length, 'span');
  return [many, ...(errors > 0 ? [counted(errors, 'error')] : []), ...(named === '' ? [] : [named])].join(' · ');
}

/** Branches of the tree, two cells a level; deep ones are cut on the left so that a name stays readable. */
function drawn(branches: readonly boolean[], own: readonly [more: string, last: string], most: number): string {
  const parts = branches.map((more, i) => (i === branches.length - 1 ? (more ? own[0] : own[1]) : more ? '│ ' : '  '));
  const shown = Math.max(1, Math.floor(most / 2));
  return parts.length <= shown ? parts.join('') : `⋯ ${parts.slice(-shown + 1).join('')}`;
}

function line(row: Row, serviceAbove: string | undefined, names: number, axis: Axis, paint: Paint): string {
  const branch = drawn(row.branches, ['├╴', '└╴'], Math.floor(names * 0.6));
  const { span } = row;
  if (!span)
    return paint.dim(cut(`${branch}(span ${row.missing} is not in this file)`, names + DURATION + (axis.cells > 0 ? axis.cells + 2 : 1)));
  const mark = span.error ? '✗ ' : '';
  const name = clean(span.name) || '(no name)';
  const service = clean(span.service);
  const room = names - width(branch) - width(mark);
  const short = cut(name, room);
  const left = room - width(short);
  const tail = service !== '' && span.service !== serviceAbove && left > 4 ? cut(` · ${service}`, left) : '';
  const length = span.start === 0n ? '' : duration(span.end > span.start ? span.end - span.start : 0n);
  const { before, bar: bars } = bar(axis, span.start, span.end);
  const colour = span.error ? paint.red : span.genAi ? paint.magenta : paint.cyan;
  const text = `${paint.dim(branch)}${paint.red(mark)}${span.error ? paint.red(short) : short}${paint.dim(tail)}`;
  const space = ' '.repeat(Math.max(0, left - width(tail)));
  return `${text}${space} ${padded(length, DURATION, 'right')}${axis.cells > 0 ? ` ${before}${colour(bars)}` : ''}`.trimEnd();
}

/** What a span says beside its time: model and tokens, what was asked and answered, what went wrong. */
function* details(row: Row, { columns, paint, full }: Look): Generator<string> {
  const { span, branches, children } = row;
  if (!span) return;
  const below = drawn([...branches, children > 0], ['│ ', '  '], Math.floor(columns * 0.3));
  const room = Math.max(8, columns - width(below));
  for (const { mark, text, colour } of remarks(span, full)) {
    const lines = full ? wrap(cleanLines(text), room - 2) : [cut(clean(text), room - 2)];
    for (const [i, each] of lines.entries()) {
      const painted = colour === undefined ? each : paint[colour](each);
      yield `${paint.dim(below)}${paint.dim(i === 0 ? mark : ' ')} ${painted}`.trimEnd();
    }
  }
}

type Remark = { readonly mark: string; readonly text: string; readonly colour?: 'red' | 'magenta' };

function remarks({ genAi, trouble, name }: Brief, full: boolean): readonly Remark[] {
  const facts = genAi ? factsOf(genAi, name) : '';
  const role = (by: string): string => (full ? `${by}: ` : '');
  return [
    ...(facts === '' ? [] : [{ mark: '∙', text: facts, colour: 'magenta' } as const]),
    ...(genAi?.input ?? []).map(({ role: by, text }) => ({ mark: '›', text: `${role(by)}${text}` })),
    ...(genAi?.output ?? []).map(({ role: by, text }) => ({ mark: '‹', text: `${role(by)}${text}` })),
    ...(trouble === undefined ? [] : [{ mark: '✗', text: trouble, colour: 'red' } as const]),
  ].filter(({ text }) => clean(text) !== '');
}

/** "gpt-4o · 1,204 tokens in, 88 out"; what the name of the span says already is left out. */
function factsOf({ model, agent, tool, inputTokens, outputTokens }: GenAi, name: string): string {
  const tokens = [
    ...(inputTokens === undefined ? [] : [`${count(inputTokens)} ${inputTokens === 1 ? 'token' : 'tokens'} in`]),
    ...(outputTokens === undefined ? [] : [`${count(outputTokens)} ${inputTokens === undefined ? 'tokens out' : 'out'}`]),
  ].join(', ');
  const named = [
    model,
    agent === undefined || name.includes(agent) ? undefined : `agent ${agent}`,
    tool === undefined || name.includes(tool) ? undefined : `tool ${tool}`,
  ];
  return [...named, tokens].filter((fact) => fact !== undefined && fact !== '').join(' · ');
}

/** What is odd about a trace, said once below it. */
function notes(tree: Tree, { spans, lost }: Trace, full: boolean): readonly string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const early = spans.filter(({ start, parentId }) => {
    const parent = parentId === undefined ? undefined : byId.get(parentId);
    return start > 0n && parent !== undefined && start < parent.start;
  }).length;
  const backwards = spans.filter(({ start, end }) => end < start).length;
  const orphans = tree.rows.filter(({ missing }) => missing !== undefined).reduce((sum, { children }) => sum + children, 0);
  const hidden = full ? 0 : tree.rows.length - MOST_ROWS;
  return [
    ...(lost > 0 ? [`${counted(lost, 'span')} that came first in the file did not fit into memory`] : []),
    ...(hidden > 0 ? [`${counted(hidden, 'more line')}: --full shows them`] : []),
    ...(orphans > 0 ? [`${counted(orphans, 'span')} without a parent in this file: it may hold only part of the trace`] : []),
    ...(tree.cycles > 0 ? [`${counted(tree.cycles, 'circle')} of parents, cut where it begins`] : []),
    ...(tree.repeated > 0 ? [`${counted(tree.repeated, 'repeated span')}, shown once`] : []),
    ...(early > 0 ? [`${counted(early, 'span')} before the start of the parent: clocks differ, or the writer is mistaken`] : []),
    ...(backwards > 0 ? [`${counted(backwards, 'span')} with an end before the start`] : []),
  ];
}
