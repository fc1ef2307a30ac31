import { count, counted } from '../../terminal/words.ts';
import type { PageData, PageTrace } from '../model.ts';
import { detailsOf, element } from './details.ts';
import { brushOn, colours, drawAxis, drawRows, namesWidth, ROW, took } from './draw.ts';
import { type Rows, rowsOf } from './rows.ts';
import { moved, type View, whole, zoomed } from './view.ts';

const found = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

const [axis, canvas] = [found<HTMLCanvasElement>('axis'), found<HTMLCanvasElement>('rows')];
const [scroll, height, details, search, traces] = [
  found('scroll'),
  found('height'),
  found('details'),
  found<HTMLInputElement>('search'),
  found<HTMLSelectElement>('traces'),
];
const data = JSON.parse(found('data').textContent ?? '') as PageData;

let trace: PageTrace = data.traces.at(-1) ?? { id: '', start: '', took: 0, resources: [], spans: [] };
let rows: Rows = rowsOf(trace.spans);
let view: View = whole(trace.took);
let chosen: number | undefined;
let matches: readonly number[] = [];
let colour = colours();
let isDrawn = true;

/** Draws once before the next frame, however often something changes until then. */
function redraw(): void {
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => {
    isDrawn = true;
    draw();
  });
}

function draw(): void {
  const [width, room] = [scroll.clientWidth, scroll.clientHeight];
  height.style.height = `${rows.shown().length * ROW}px`;
  const onAxis = brushOn(axis, width, 28);
  if (onAxis) drawAxis(onAxis, width, 28, view, colour);
  const onRows = brushOn(canvas, width, Math.min(room, rows.shown().length * ROW));
  if (onRows) drawRows(onRows, width, room, scroll.scrollTop, { trace, rows, view, chosen, found: new Set(matches) }, colour);
}

function show(next: PageTrace): void {
  trace = next;
  rows = rowsOf(trace.spans);
  view = whole(trace.took);
  chosen = undefined;
  details.replaceChildren();
  scroll.scrollTop = 0;
  const errors = trace.spans.filter(({ error }) => error).length;
  const many = trace.spans.filter(({ missing }) => !missing).length;
  const facts = [trace.start, took(trace.took), counted(many, 'span'), errors > 0 ? `${count(errors)} with an error` : ''];
  found('facts').textContent = facts.filter((fact) => fact !== '').join(' · ');
  find();
}

function choose(span: number): void {
  const each = trace.spans[span];
  if (!each) return;
  chosen = span;
  rows.reveal(span);
  details.replaceChildren(...detailsOf(trace, each));
  const at = rows.shown().indexOf(span) * ROW;
  if (at < scroll.scrollTop) scroll.scrollTop = at;
  else if (at + ROW > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = at + ROW - scroll.clientHeight;
  redraw();
}

function find(): void {
  const words = search.value.toLowerCase().trim();
  matches =
    words === ''
      ? []
      : trace.spans.flatMap((span, i) => (`${span.name}\n${span.service}\n${span.id}`.toLowerCase().includes(words) ? [i] : []));
  found('found').textContent = words === '' ? '' : `${count(matches.length)} found`;
  redraw();
}

/** The moment below a point of the chart. */
function momentAt(x: number): number {
  const left = namesWidth(scroll.clientWidth);
  return view.from + (Math.max(0, x - left) / (scroll.clientWidth - left)) * (view.to - view.from);
}

function onWheel(event: WheelEvent): void {
  const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
  if (event.ctrlKey || event.metaKey) view = zoomed(view, trace.took, momentAt(event.offsetX), Math.exp(event.deltaY * 0.004));
  else if (across !== 0 && Math.abs(across) >= Math.abs(event.shiftKey ? 0 : event.deltaY))
    view = moved(view, trace.took, across / scroll.clientWidth);
  else return;
  event.preventDefault();
  redraw();
}

/** A stretch of the scale that is dragged over fills the chart. */
function onDrag({ offsetX: from, pointerId }: PointerEvent): void {
  axis.setPointerCapture(pointerId);
  const start = momentAt(from);
  axis.addEventListener(
    'pointerup',
    ({ offsetX: to }) => {
      const end = momentAt(to);
      if (Math.abs(to - from) > 4) view = { from: Math.min(start, end), to: Math.max(start, end) };
      redraw();
    },
    { once: true },
  );
}

function onClick({ offsetX, offsetY }: MouseEvent): void {
  const span = rows.shown()[Math.floor((scroll.scrollTop + offsetY) / ROW)];
  if (span === undefined) return;
  const depth = trace.spans[span]?.depth ?? 0;
  const mark = 6 + Math.min(depth * 14, namesWidth(scroll.clientWidth) * 0.6);
  if (offsetX >= mark - 4 && offsetX < mark + 14) rows.fold(span);
  choose(span);
}

const keys: Readonly<Record<string, () => void>> = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  PageDown: () => step(20),
  PageUp: () => step(-20),
  Home: () => step(Number.NEGATIVE_INFINITY),
  End: () => step(Number.POSITIVE_INFINITY),
  ArrowLeft: () => (view = moved(view, trace.took, -0.2)),
  ArrowRight: () => (view = moved(view, trace.took, 0.2)),
  Enter: () => chosen !== undefined && rows.fold(chosen),
  '+': () => (view = zoomed(view, trace.took, (view.from + view.to) / 2, 0.5)),
  '-': () => (view = zoomed(view, trace.took, (view.from + view.to) / 2, 2)),
  '0': () => (view = whole(trace.took)),
};

function step(by: number): void {
  const shown = rows.shown();
  const at = chosen === undefined ? -1 : shown.indexOf(chosen);
  const next = shown[Math.min(Math.max(0, at + by), shown.length - 1)];
  if (next !== undefined) choose(next);
}

function onKey(event: KeyboardEvent): void {
  if (event.target === search) {
    if (event.key === 'Escape') scroll.focus();
    const next = matches.find((each) => each > (chosen ?? -1)) ?? matches[0];
    if (event.key === 'Enter' && next !== undefined) choose(next);
    return;
  }
  // The browser's own keys stay the browser's, and those of a button, a list or a folded prompt are theirs.
  const isElsewhere = event.target instanceof Element && event.target.closest('#details, button, select') !== null;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') search.focus();
  else if (event.key === 'Escape' && chosen !== undefined) close();
  else if (keys[event.key] && !isElsewhere) keys[event.key]?.();
  else return;
  event.preventDefault();
  redraw();
}

/** Gives the whole window back to the waterfall. */
function close(): void {
  chosen = undefined;
  details.replaceChildren();
  scroll.focus();
}

function toggleTheme(): void {
  const isDark =
    getComputedStyle(document.documentElement).colorScheme === 'dark' ||
    (document.documentElement.dataset.theme === undefined && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = isDark ? 'light' : 'dark';
  recolour();
}

function recolour(): void {
  colour = colours();
  redraw();
}

function start(): void {
  found('name').textContent = data.name;
  const notes = found('notes');
  notes.textContent = data.notes.join(' · ');
  notes.hidden = data.notes.length === 0;
  traces.hidden = data.traces.length < 2;
  traces.append(
    ...data.traces.map(({ id, start: at, spans }) => element('option', `${at} · ${spans[0]?.name.slice(0, 60) ?? ''} · ${id.slice(0, 8)}`)),
  );
  traces.selectedIndex = data.traces.length - 1;
  traces.addEventListener('change', () => show(data.traces[traces.selectedIndex] ?? trace));
  search.addEventListener('input', find);
  scroll.addEventListener('scroll', redraw);
  scroll.addEventListener('wheel', onWheel, { passive: false });
  axis.addEventListener('wheel', onWheel, { passive: false });
  axis.addEventListener('pointerdown', onDrag);
  canvas.addEventListener('click', onClick);
  document.addEventListener('keydown', onKey);
  found('fit').addEventListener('click', () => {
    view = whole(trace.took);
    redraw();
  });
  found('theme').addEventListener('click', toggleTheme);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour);
  new ResizeObserver(redraw).observe(scroll);
  show(trace);
}

start();
