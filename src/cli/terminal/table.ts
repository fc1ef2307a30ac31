import type { Paint } from './paint.ts';
import { cut, padded, width } from './width.ts';

/** A column of a table. Texts are clean already. */
export type Column<Row> = {
  readonly title: string;
  readonly of: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Gives way where the screen is too narrow, down to so many cells. `from: 'start'` cuts the beginning, as keys differ at their end. */
  readonly least?: number;
  readonly from?: 'start';
  /** Left out where it is empty, or where all the giving way is not enough. */
  readonly spare?: true;
  readonly colour?: (row: Row) => keyof Paint | undefined;
};

const GAP = '  ';

/**
 * Rows under their titles. `columns` is the width of the screen; undefined where nobody looks at one: then nothing is cut, so that
 * `grep` and `awk` see all of it. The last column is not padded.
 */
export function table<Row>(
  all: readonly Column<Row>[],
  rows: readonly Row[],
  columns: number | undefined,
  paint: Paint,
): readonly string[] {
  const measured = all.map((column) => {
    const texts = rows.map(column.of);
    return { column, texts, cells: Math.max(width(column.title), ...texts.map(width)) };
  });
  const filled = measured.filter(({ column, texts }) => !column.spare || texts.some((text) => text !== ''));
  const shown = columns === undefined ? filled : fitted(filled, columns);
  const line = (row: number): string =>
    shown
      .map(({ column, texts, cells }, i) => {
        const { align = 'left', from, colour, title } = column;
        const text = row < 0 ? title : (texts[row] ?? '');
        const short = from === 'start' ? cutStart(text, cells) : cut(text, cells);
        const last = i === shown.length - 1 && align === 'left';
        const cell = last ? short : padded(short, cells, align);
        const brush = row < 0 ? undefined : colour?.(rows[row]!);
        return brush === undefined ? cell : paint[brush](cell);
      })
      .join(GAP)
      .trimEnd();
  return [paint.bold(line(-1)), ...rows.map((_, row) => line(row))];
}

/** The end of a text in so many cells. */
function cutStart(text: string, cells: number): string {
  let kept = text;
  while (width(kept) > cells - 1) kept = [...kept].slice(1).join('');
  return kept.length === text.length || width(text) <= cells ? text : `…${kept}`;
}

type Measured<Row> = { readonly column: Column<Row>; readonly texts: readonly string[]; readonly cells: number };

/** Takes from the columns that give way, the widest first; where that is not enough, spare ones go, the last first. */
function fitted<Row>(all: readonly Measured<Row>[], columns: number): readonly Measured<Row>[] {
  let shown = [...all];
  const leastOf = ({ column: { least }, cells }: Measured<Row>): number => Math.min(cells, least ?? cells);
  const sum = (of: (each: Measured<Row>) => number): number =>
    shown.reduce((cells, each) => cells + of(each), GAP.length * (shown.length - 1));
  for (
    let spare = shown.findLast(({ column }) => column.spare);
    spare && sum(leastOf) > columns;
    spare = shown.findLast(({ column }) => column.spare)
  ) {
    const gone = spare;
    shown = shown.filter((each) => each !== gone);
  }
  for (let over = sum(({ cells }) => cells) - columns; over > 0; over--) {
    const widest = shown.filter((each) => each.cells > leastOf(each)).sort((a, b) => b.cells - a.cells)[0];
    if (!widest) break;
    shown = shown.map((each) => (each === widest ? { ...each, cells: each.cells - 1 } : each));
  }
  return shown;
}
