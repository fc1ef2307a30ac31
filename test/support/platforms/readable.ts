import type { Attributes, Found, Value } from '../../../src/stores/slices/otlp.ts';

const value = (of: Value): string => {
  if ('arrayValue' in of) return `[${of.arrayValue.values.map(value).join(', ')}]`;
  if ('stringValue' in of) return JSON.stringify(of.stringValue);
  if ('intValue' in of) return `int ${of.intValue}`;
  return 'doubleValue' in of ? `double ${of.doubleValue}` : `bool ${of.boolValue}`;
};

const all = (prefix: string, attributes: Attributes): string[] => [...attributes].map(([key, of]) => `${prefix} ${key} = ${value(of)}`);

/** What a mapping made of a span, a line for each thing, so that a golden table can be read. */
export function readable({ resource, scope, span }: Found): readonly string[] {
  return [
    `trace ${span.traceId}`,
    `span ${span.spanId}`,
    `parent ${span.parentSpanId ?? 'none'}`,
    `name ${span.name}`,
    `kind ${span.kind.toUpperCase()}`,
    `start ${span.start}`,
    `end ${span.end}`,
    `status ${span.error ? `ERROR${span.error.message === undefined ? '' : ` ${span.error.message}`}` : 'UNSET'}`,
    ...(scope?.name === undefined ? [] : [`scope ${scope.name} ${scope.version ?? ''}`.trim()]),
    ...all('resource', resource),
    ...all('attribute', span.attributes),
    ...(span.events ?? []).flatMap(({ name, time, attributes }) => [`event ${name} at ${time}`, ...all(`event ${name}`, attributes)]),
    ...(span.links ?? []).flatMap(({ traceId, spanId, attributes }) => [
      `link ${traceId} ${spanId}`,
      ...all('link', attributes ?? new Map()),
    ]),
  ];
}

/** A row of a golden table: what the platform gives, lines that must come of it, and what must not. */
export type Golden<Input> = { readonly row: string; readonly given: Input; readonly gives: readonly string[]; readonly not?: RegExp };
