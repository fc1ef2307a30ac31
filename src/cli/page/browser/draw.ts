import { duration } from '../../terminal/words.ts';
import type { PageSpan, PageTrace } from '../model.ts';
import type { Rows } from './rows.ts';
import { marks, type View } from './view.ts';

export const ROW = 22;
const INDENT = 14;

export type Scene = {
  readonly trace: PageTrace;
  readonly rows: Rows;
  readonly view: View;
  readonly chosen: number | undefined;
  readonly found: ReadonlySet<number>;
};

/** Where bars begin: names have the left part. */
export const namesWidth = (width: number): number => Math.round(Math.min(420, width * 0.38));

export const took = (micros: number): string => duration(BigInt(Math.round(micros * 1_000)));

/** A canvas in the pixels of the screen, ready to be drawn on; undefined while it has no size. */
export function brushOn(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | undefined {
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  canvas.style.height = `${height}px`;
  const brush = canvas.getContext('2d');
  if (!brush || wide === 0) return undefined;
  brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  brush.clearRect(0, 0, width, height);
  brush.textBaseline = 'middle';
  brush.font = '12px system-ui, sans-serif';
  return brush;
}

/** Colours as the style sheet has them, in the theme of the moment. */
export function colours(): (name: string) => string {
  const probe = document.createElement('span');
  document.body.append(probe);
  const known = new Map<string, string>();
  const colour = (name: string): string => {
    const found = known.get(name);
    if (found !== undefined) return found;
    probe.style.color = `var(--${name})`;
    const computed = getComputedStyle(probe).color;
    known.set(name, computed);
    return computed;
  };
  for (const name of ['back', 'line', 'text', 'dim', 'bar', 'genai', 'error', 'chosen', 'found']) colour(name);
  probe.remove();
  return colour;
}

type Colour = (name: string) => string;

/** The scale above the bars. */
export function drawAxis(brush: CanvasRenderingContext2D, width: number, height: number, view: View, colour: Colour): void {
  const left = namesWidth(width);
  brush.strokeStyle = colour('line');
  brush.fillStyle = colour('dim');
  for (const mark of marks(view, (width - left) / 110)) {
    const x = left + ((mark - view.from) / (view.to - view.from)) * (width - left);
    brush.beginPath();
    brush.moveTo(x, height - 7);
    brush.lineTo(x, height);
    brush.stroke();
    const label = took(mark);
    const room = brush.measureText(label).width + 3;
    // At the right edge a label stands before its mark.
    brush.fillText(label, x + 3 + room > width ? x - room : x + 3, height / 2);
  }
}

/** The rows that can be seen, and no others: a trace of any size costs as much as a screen. */
export function drawRows(brush: CanvasRenderingContext2D, width: number, height: number, top: number, scene: Scene, colour: Colour): void {
  const { trace, rows, view, chosen, found } = scene;
  const shown = rows.shown();
  const left = namesWidth(width);
  const first = Math.floor(top / ROW);
  for (let row = first; row < Math.min(shown.length, first + Math.ceil(height / ROW) + 1); row++) {
    const number = shown[row] ?? 0;
    const span = trace.spans[number];
    if (!span) continue;
    const y = row * ROW - top;
    if (number === chosen || found.has(number)) {
      brush.fillStyle = colour(number === chosen ? 'chosen' : 'found');
      brush.fillRect(0, y, width, ROW);
    }
    drawName(brush, span, y, left, rows.hasChildren(number) ? (rows.isFolded(number) ? '▸' : '▾') : '', colour);
    drawBar(brush, span, y, left, width, view, colour);
  }
  brush.fillStyle = colour('line');
  brush.fillRect(left - 1, 0, 1, height);
}

function drawName(brush: CanvasRenderingContext2D, span: PageSpan, y: number, left: number, mark: string, colour: Colour): void {
  const indent = 6 + Math.min(span.depth * INDENT, left * 0.6);
  brush.save();
  brush.beginPath();
  brush.rect(0, y, left - 4, ROW);
  brush.clip();
  brush.fillStyle = colour('dim');
  brush.fillText(mark, indent, y + ROW / 2);
  brush.fillStyle = colour(span.error ? 'error' : span.missing ? 'dim' : 'text');
  brush.fillText(short(span.name), indent + 14, y + ROW / 2);
  if (span.service !== '') {
    const after = indent + 14 + brush.measureText(short(span.name)).width + 8;
    brush.fillStyle = colour('dim');
    brush.fillText(short(span.service), after, y + ROW / 2);
  }
  brush.restore();
}

/** Nobody sees more of a name on one line, and measuring a megabyte of it would take its time. */
const short = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function drawBar(
  brush: CanvasRenderingContext2D,
  span: PageSpan,
  y: number,
  left: number,
  width: number,
  view: View,
  colour: Colour,
): void {
  if (span.at === undefined) return;
  const scale = (width - left) / (view.to - view.from);
  const [from, to] = [left + (span.at - view.from) * scale, left + (span.at + span.took - view.from) * scale];
  if (to < left || from > width) return;
  const [x, end] = [Math.max(left, from), Math.min(width, Math.max(to, from + 2))];
  brush.fillStyle = colour(span.error ? 'error' : span.genAi ? 'genai' : 'bar');
  brush.fillRect(x, y + 5, Math.max(2, end - x), ROW - 10);
  const label = took(span.took);
  const room = brush.measureText(label).width + 8;
  brush.fillStyle = colour('dim');
  if (end + room < width) brush.fillText(label, end + 4, y + ROW / 2);
  else if (x - left > room) brush.fillText(label, x - room + 4, y + ROW / 2);
}
