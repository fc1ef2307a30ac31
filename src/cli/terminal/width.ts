/** Cells that a text takes in a terminal: letters of East Asia and emoji take two, marks that combine take none. */

/** First and last code point of what is wide (East Asian Width W and F, in blocks). */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];

const plain = /^[\x20-\x7e]*$/;
const twoCells = /\p{Emoji_Presentation}|\ufe0f/u;
const noCell = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

let segmenter: Intl.Segmenter | undefined;

/** What a reader takes for one character, each with its width. */
function* characters(text: string): Generator<{ readonly character: string; readonly width: number }> {
  if (plain.test(text)) {
    for (const character of text) yield { character, width: 1 };
    return;
  }
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(text)) yield { character: segment, width: widthOf(segment) };
}

function widthOf(character: string): number {
  if (plain.test(character)) return 1;
  if (noCell.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
  return twoCells.test(character) || wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Cells of a whole text. */
export function width(text: string): number {
  if (plain.test(text)) return text.length;
  let cells = 0;
  for (const { width } of characters(text)) cells += width;
  return cells;
}

/** The text cut to so many cells, with … where something is missing. */
export function cut(text: string, cells: number): string {
  if (plain.test(text) && text.length <= cells) return text;
  if (cells <= 0) return '';
  let kept = '';
  let used = 0;
  let room = '';
  let roomUsed = 0;
  for (const { character, width } of characters(text)) {
    if (used + width > cells) return `${room}…${' '.repeat(Math.max(0, cells - roomUsed - 1))}`.trimEnd();
    kept += character;
    used += width;
    if (used <= cells - 1) {
      room = kept;
      roomUsed = used;
    }
  }
  return kept;
}

/** The text in exactly so many cells. */
export function padded(text: string, cells: number, align: 'left' | 'right' = 'left'): string {
  const short = cut(text, cells);
  const space = ' '.repeat(Math.max(0, cells - width(short)));
  return align === 'left' ? short + space : space + short;
}

/** The text in lines of at most so many cells, broken between words where that is possible. */
export function wrap(text: string, cells: number): readonly string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, Math.max(2, cells)));
}

function wrapLine(line: string, cells: number): readonly string[] {
  const lines: string[] = [];
  let held = '';
  let used = 0;
  let space = -1;
  for (const { character, width: size } of characters(line)) {
    if (used + size > cells) {
      const at = space > 0 ? space : held.length;
      lines.push(held.slice(0, at));
      held = held.slice(at).trimStart();
      used = width(held);
      space = -1;
    }
    if (character === ' ') space = held.length;
    held += character;
    used += size;
  }
  return [...lines, held];
}
