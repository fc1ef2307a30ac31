import { group, version } from '../../api/kind.ts';
import type { KubeObject } from '../../kube/meta.ts';
import type { Kind } from '../../kube/resource.ts';
import { cleanLines, safeJson } from '../terminal/clean.ts';
import type { Io } from '../terminal/io.ts';
import { columnsOf } from '../terminal/io.ts';
import { type Paint, paintFor } from '../terminal/paint.ts';
import { width, wrap } from '../terminal/width.ts';

/** How an answer is printed, as kubectl names it. */
export type Form = 'json' | 'yaml' | 'wide' | 'name';

/** The width of the screen, where there is one. */
export const screenOf = ({ out, env }: Pick<Io, 'out' | 'env'>): number | undefined =>
  out.isTTY || env.COLUMNS !== undefined ? columnsOf(out, env) : undefined;

/** A line for a person, in a colour or none. */
export type Line = { readonly text: string; readonly colour?: keyof Paint | undefined };

/** Writes lines. A screen has them broken between words; in a pipe a line stays a line. */
export async function writeLines(lines: readonly Line[], io: Pick<Io, 'out' | 'env'>): Promise<void> {
  const paint = paintFor(io.out, io.env);
  for (const { text, colour } of lines) {
    const painted = broken(text, screenOf(io)).map((line) => `${colour ? paint[colour](line) : line}\n`);
    await io.out.write(painted.join(''));
  }
}

/** What a line begins with: its indent, and a mark or a label that the rest of it stands behind. */
const beginning = /^ *(?:[✓✗→] |[a-z]+ {2,})?/;

function broken(line: string, columns: number | undefined): readonly string[] {
  if (columns === undefined || width(line) <= columns) return [line];
  const [start = ''] = beginning.exec(line) ?? [];
  return wrap(line.slice(start.length), columns - start.length).map((part, i) =>
    `${i === 0 ? start : ' '.repeat(start.length)}${part}`.trimEnd(),
  );
}

/** Writes a value for programs: one JSON or YAML document. */
export async function writeValue(form: 'json' | 'yaml', value: unknown, { out }: Pick<Io, 'out'>): Promise<void> {
  if (form === 'json') return out.write(`${safeJson(JSON.stringify(value, undefined, 2))}\n`);
  const { stringify } = await import('yaml');
  return out.write(cleanLines(stringify(JSON.parse(JSON.stringify(value)))));
}

/** Writes a list for programs item by item, since it may be of any length. */
export async function listOf(form: 'json' | 'yaml', { out }: Pick<Io, 'out'>) {
  const { stringify } = await import('yaml');
  let isEmpty = true;
  return {
    add: async (item: object): Promise<void> => {
      const text = form === 'json' ? safeJson(JSON.stringify([item], undefined, 2)).slice(2, -2) : cleanLines(stringify([item]));
      await out.write(form === 'yaml' ? text : `${isEmpty ? '[' : ','}\n${text}`);
      isEmpty = false;
    },
    end: (): Promise<void> => out.write(isEmpty ? '[]\n' : form === 'json' ? '\n]\n' : ''),
  };
}

/** Writes objects of one kind for programs: one by itself, or a List. */
export const writeObjects = (form: 'json' | 'yaml', objects: readonly KubeObject[], isOne: boolean, io: Pick<Io, 'out'>): Promise<void> =>
  writeValue(form, isOne ? objects[0] : { apiVersion: 'v1', kind: 'List', items: objects }, io);

/** "ingestionsource.spanferry.io/checkout", a line for each. */
export const writeNames = <T extends KubeObject>(
  { kind }: Pick<Kind<T>, 'kind'>,
  objects: readonly T[],
  { out }: Pick<Io, 'out'>,
): Promise<void> => out.write(objects.map(({ metadata }) => `${kind.toLowerCase()}.${group}/${metadata.name}\n`).join(''));

/** For `version`. */
export const apiVersionServed = `${group}/${version}`;
