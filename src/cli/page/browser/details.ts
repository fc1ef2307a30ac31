import type { Attributes, PageMessage, PageSpan, PageTrace } from '../model.ts';
import { took } from './draw.ts';

/** An element with texts and other elements in it. Whatever comes from a file goes in as text, and nothing here reads HTML. */
export function element(name: string, ...inside: readonly (string | Node)[]): HTMLElement {
  const made = document.createElement(name);
  made.append(...inside);
  return made;
}

/** All that is known of a span. */
export function detailsOf(trace: PageTrace, span: PageSpan): readonly Node[] {
  if (span.missing) return [element('h2', span.name)];
  const facts: Attributes = [
    ['service', span.service],
    ['start', span.at === undefined ? 'not said' : `${took(span.at)} after the start of the trace`],
    ['took', took(span.took)],
    ['kind', span.kind],
    ['span', span.id],
    ['parent', span.parent ?? ''],
    ['trace', trace.id],
  ];
  return [
    element('h2', span.name),
    ...(span.error ? [trouble(span.trouble ?? 'It ended with an error.')] : []),
    table(facts.filter(([, value]) => value !== '')),
    ...genAi(span),
    ...section('Attributes', span.attributes),
    ...span.events.flatMap(({ name, at, attributes }) => [heading(`Event · ${name} · ${took(Math.max(0, at))}`), table(attributes)]),
    ...section(
      'Links',
      span.links.map((link) => ['to', link]),
    ),
    ...section('Resource', trace.resources[span.resource] ?? []),
  ];
}

function trouble(text: string): HTMLElement {
  const made = element('p', text);
  made.className = 'trouble';
  return made;
}

const heading = (text: string): HTMLElement => element('h3', text);

const section = (title: string, rows: Attributes): readonly Node[] => (rows.length === 0 ? [] : [heading(title), table(rows)]);

const table = (rows: Attributes): HTMLElement =>
  element('table', ...rows.map(([key, value]) => element('tr', element('td', key), element('td', value))));

function genAi({ genAi: said }: PageSpan): readonly Node[] {
  if (!said) return [];
  return [
    heading('Model'),
    ...(said.facts.length > 0 ? [table(said.facts)] : []),
    ...said.input.map((message) => folded('›', message)),
    ...said.output.map((message) => folded('‹', message)),
  ];
}

/** A prompt or an answer: its beginning, and all of it once somebody unfolds it. */
function folded(mark: string, { role, text }: PageMessage): HTMLElement {
  const summary = element('summary', element('b', `${mark} ${role} `), text.slice(0, 120));
  const made = element('details', summary);
  // A trace may hold megabytes of prompts: they are laid out when they are looked at.
  made.addEventListener('toggle', () => made.childElementCount === 1 && made.append(element('p', text)), { once: true });
  return made;
}
