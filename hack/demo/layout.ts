import { padded, width } from '../../src/cli/terminal/width.ts';

/** A column of a table. What is there stays while there is room: lower ranks go first, elastic ones shrink before the rest breaks. */
export type Column = {
  readonly name: string;
  readonly cells: readonly string[];
  /** Leaves when there is too little room, the lowest rank first; without a rank it stays. */
  readonly rank?: number;
  /** May shrink to so many letters. */
  readonly least?: number;
};

const GAP = 2;

/** Lines of a table in at most so many cells, its header first; each cell as wide as its column. */
export function layout(columns: readonly Column[], room: number): readonly (readonly string[])[] {
  const kept = keep(columns, room);
  const widths = shrink(kept, room);
  const rows = kept[0]?.cells.length ?? 0;
  return [
    kept.map(({ name }, i) => padded(name.toUpperCase(), widths[i] ?? 0)),
    ...Array.from({ length: rows }, (_, row) => kept.map(({ cells }, i) => padded(cells[row] ?? '', widths[i] ?? 0))),
  ];
}

const natural = ({ name, cells }: Column): number => Math.max(width(name), ...cells.map(width));
const least = (column: Column): number => Math.min(natural(column), column.least ?? Number.POSITIVE_INFINITY);
const total = (widths: readonly number[]): number => widths.reduce((sum, each) => sum + each + GAP, -GAP);

function keep(columns: readonly Column[], room: number): readonly Column[] {
  if (total(columns.map(least)) <= room) return columns;
  const [first] = columns.filter(({ rank }) => rank !== undefined).sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  return first
    ? keep(
        columns.filter((column) => column !== first),
        room,
      )
    : columns;
}

/** Elastic columns give way from the right. */
function shrink(columns: readonly Column[], room: number): readonly number[] {
  const widths = columns.map(natural);
  for (let i = columns.length - 1; i >= 0; i--) {
    const over = total(widths) - room;
    const column = columns[i];
    if (over > 0 && column) widths[i] = Math.max(least(column), (widths[i] ?? 0) - over);
  }
  return widths;
}
