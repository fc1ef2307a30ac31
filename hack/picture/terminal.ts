import { width } from '../../src/cli/terminal/width.ts';

/** How a piece of text looks: the numbers of SGR that hold. */
export type Look = readonly number[];

/** Neighbouring cells that look alike, and the column where they begin. */
export type Run = { readonly at: number; readonly text: string; readonly look: Look };

/** As much of a terminal as our own programs use: colours, carriage return, cursor up, erasing to the end of a line and of the screen. */
export type Terminal = {
  readonly write: (text: string) => void;
  readonly lines: () => readonly (readonly Run[])[];
};

type Cell = { readonly text: string; readonly look: Look };

const PIECE = /\x1b\[\??([\d;]*)([A-Za-z])|[\r\n]|[^\x1b\r\n]/gu;

/** A terminal of so many columns that never scrolls: what was written stays. */
export function terminal(columns: number): Terminal {
  const rows: Cell[][] = [[]];
  let [row, column, look]: [number, number, Look] = [0, 0, []];
  let rest = '';

  const put = (text: string): void => {
    const cells = width(text);
    if (column + cells > columns) down();
    const line = rows[row] ?? [];
    rows[row] = line;
    for (let at = line.length; at < column; at++) line[at] = { text: ' ', look: [] };
    line[column] = { text, look };
    // The second cell of a wide letter is taken, and empty.
    if (cells === 2) line[column + 1] = { text: '', look };
    column += cells;
  };
  const down = (): void => {
    row += 1;
    column = 0;
    rows[row] ??= [];
  };
  const control = (numbers: readonly number[], letter: string): void => {
    const [first = 0] = numbers;
    if (letter === 'm') look = styled(look, numbers);
    else if (letter === 'A') row = Math.max(0, row - (first || 1));
    else if (letter === 'K') rows[row]?.splice(column);
    else if (letter === 'J') {
      rows[row]?.splice(column);
      rows.splice(row + 1);
    }
  };

  return {
    write: (text) => {
      const all = rest + text;
      // A sequence that is cut in the middle waits for its end.
      const cut = /\x1b(\[[\d;?]*)?$/.exec(all)?.index ?? all.length;
      rest = all.slice(cut);
      for (const [piece, parameters, letter] of all.slice(0, cut).matchAll(PIECE)) {
        if (letter !== undefined) control(parameters ? parameters.split(';').map(Number) : [], letter);
        else if (piece === '\r') column = 0;
        else if (piece === '\n') down();
        else put(piece);
      }
    },
    lines: () => rows.map(runs),
  };
}

function styled(look: Look, numbers: readonly number[]): Look {
  let styles = [...look];
  for (const number of numbers.length === 0 ? [0] : numbers) {
    if (number === 0) styles = [];
    else if (number === 22) styles = styles.filter((each) => each !== 1 && each !== 2);
    else if (number === 39) styles = styles.filter((each) => each < 30);
    else styles = [...styles.filter((each) => each < 30 || number < 30), number];
  }
  return styles;
}

function runs(cells: readonly Cell[]): readonly Run[] {
  const found: { at: number; text: string; look: Look }[] = [];
  cells.forEach(({ text, look }, at) => {
    const last = found.at(-1);
    if (last && String(last.look) === String(look)) last.text += text;
    else found.push({ at, text, look });
  });
  return found.filter(({ text }) => text.trim() !== '');
}
