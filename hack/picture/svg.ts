import { width } from '../../src/cli/terminal/width.ts';
import type { Look, Run } from './terminal.ts';

const CELL = 8.4;
const LINE = 19;
const PAD = 18;
const BAR = 36;

/** Readable on the dark window, which looks the same in light and dark pages. */
const colours: Readonly<Record<number, string>> = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
};

/** Lines of a terminal as a picture: a window, and text that can be selected and read aloud. */
export function svgOf(
  lines: readonly (readonly Run[])[],
  { columns, title }: { readonly columns: number; readonly title: string },
): string {
  const [w, h] = [Math.ceil(columns * CELL + 2 * PAD), lines.length * LINE + BAR + PAD];
  const text = lines.flatMap((line, row) => line.flatMap((run) => piecesOf(run, BAR + (row + 0.75) * LINE)));
  const buttons = ['#ff5f57', '#febc2e', '#28c840'].map((fill, at) => `<circle cx="${PAD + at * 18}" cy="18" r="5.5" fill="${fill}"/>`);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${w}" height="${h}" rx="9" fill="#0d1117"/>`,
    ...buttons,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">`,
    `<text x="${w / 2}" y="23" text-anchor="middle" fill="#8b949e">${escaped(title)}</text>`,
    ...text,
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
}

/** The length is given, so that columns stand in line whatever font there is; where several blanks stand, a new piece begins, since browsers fold them. */
function piecesOf({ at, text, look }: Run, y: number): readonly string[] {
  return [...text.matchAll(/\S+(?: \S+)*/g)].map(([piece], index, all) => {
    const column = at + width(text.slice(0, all[index]?.index));
    const place = `x="${(PAD + column * CELL).toFixed(1)}" y="${y.toFixed(1)}" textLength="${(width(piece) * CELL).toFixed(1)}"`;
    return `<text ${place}${style(look)}>${escaped(piece)}</text>`;
  });
}

function style(look: Look): string {
  const fill = look.map((number) => colours[number]).find((colour) => colour !== undefined) ?? (look.includes(2) ? colours[90] : undefined);
  return `${fill === undefined ? '' : ` fill="${fill}"`}${look.includes(1) ? ' font-weight="bold"' : ''}`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
