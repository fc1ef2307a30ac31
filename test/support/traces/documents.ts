/** A small OTLP document around spans whose text is given, field by field: tests see exactly what a writer wrote. */
export const traceId = '5b8efff798038103d269b633813fc60c';
const spanId = 'eee19b7ec3c1b174';

/** The text of a span with the given fields; a field given as undefined is left out. */
export function spanText(fields: Readonly<Record<string, string | undefined>> = {}): string {
  const all: Record<string, string | undefined> = { traceId: `"${traceId}"`, spanId: `"${spanId}"`, name: '"op"', ...fields };
  const list = Object.entries(all).filter((field): field is [string, string] => field[1] !== undefined);
  return `{${list.map(([name, text]) => `"${name}":${text}`).join(',')}}`;
}

export const documentOf = (...spans: readonly string[]): string => `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans.join(',')}]}]}]}`;

/** A document of one span that has one attribute with the given value. */
export const withValue = (value: string): string => documentOf(spanText({ attributes: `[{"key":"k","value":${value}}]` }));
