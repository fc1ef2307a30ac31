import { titleOf } from '../../src/api/ingestionfile.ts';
import { clean } from '../../src/cli/terminal/clean.ts';
import type { Paint } from '../../src/cli/terminal/paint.ts';
import type { Seen, Table } from './cluster.ts';
import { type Column, layout } from './layout.ts';

type Habits = Readonly<Record<string, Pick<Column, 'rank' | 'least'>>>;

/** Which columns matter least where the terminal is narrow. */
const ofSources: Habits = {
  Age: { rank: 1 },
  'Last Scan': { rank: 2 },
  Location: { rank: 3, least: 26 },
  Pending: { rank: 4 },
  Status: { least: 24 },
};
const ofFiles: Habits = { Age: { rank: 1 }, Retries: { rank: 2 }, Files: { rank: 4 }, Name: { rank: 3, least: 24 }, Key: { least: 30 } };

const GAP = '  ';

/** Only the records of one key. */
export const narrowed = ({ sources, files }: Seen, key: string): Seen => ({
  sources: { ...sources, rows: [] },
  files: { ...files, rows: files.rows.filter(({ object }) => object.spec.key === key) },
});

/** What `kubectl get ingestionsources,ingestionfiles` shows now, in a terminal of this size. */
export function tables({ sources, files }: Seen, paint: Paint, columns: number, rows: number): readonly string[] {
  const above = sources.rows.length > 0 ? [...drawn(sources, ofSources, paint, columns), ''] : [];
  if (files.rows.length === 0) return above;
  const below = drawn(files, ofFiles, paint, columns);
  const room = Math.max(4, rows - above.length - 2);
  const hidden = below.length - room;
  return [...above, ...(hidden > 0 ? [...below.slice(0, room - 1), paint.dim(`… and ${hidden + 1} more files`)] : below)];
}

function drawn({ columnDefinitions, rows }: Table<unknown>, habits: Habits, paint: Paint, columns: number): readonly string[] {
  const all = columnDefinitions.flatMap(({ name, priority }, i): Column[] =>
    priority > 0 ? [] : [{ name, cells: rows.map(({ cells }) => shown(cells[i])), ...habits[name] }],
  );
  const [header = [], ...lines] = layout(all, columns);
  return [
    paint.dim(header.join(GAP).trimEnd()),
    ...lines.map((cells) =>
      cells
        .map((cell) => coloured(cell, paint))
        .join(GAP)
        .trimEnd(),
    ),
  ];
}

const shown = (cell: unknown): string => (cell === null || cell === undefined ? '' : clean(String(cell)));

function coloured(cell: string, paint: Paint): string {
  switch (cell.trim()) {
    case 'True':
    case 'Completed':
      return paint.green(cell);
    case 'False':
    case 'Failed':
      return paint.red(cell);
    case 'Processing':
    case 'Unknown':
      return paint.yellow(cell);
    default:
      return cell;
  }
}

/** The same for a pipe: a line for each object, to be printed when it changes. */
export function lines({ sources, files }: Seen): ReadonlyMap<string, string> {
  const ofSource = sources.rows.map(({ object: { metadata, status } }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return [metadata.uid ?? '', `${metadata.name}  ${ready ? `Ready=${ready.status}  ${clean(ready.message)}` : 'new'}`] as const;
  });
  const ofFile = files.rows.map(({ object: { metadata, spec, status } }) => {
    const outcome = status.state === 'Completed' ? `${status.spans ?? 0} spans` : (status.reason ?? '');
    return [metadata.uid ?? '', `${clean(titleOf(spec))}  ${status.state}  ${outcome}`.trimEnd()] as const;
  });
  return new Map([...ofSource, ...ofFile]);
}
