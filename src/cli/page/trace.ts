import { clean, cleanLines } from '../terminal/clean.ts';
import { moment } from '../terminal/words.ts';
import { type Brief, briefOf } from '../trace/brief.ts';
import type { HeldTrace } from '../trace/collect.ts';
import { decodeResource, decodeSpan } from '../trace/decode.ts';
import type { GenAi } from '../trace/genai.ts';
import type { KeyValue, Resource, Span } from '../trace/otlp.ts';
import { type Row, treeOf } from '../trace/tree.ts';
import { plain } from '../trace/values.ts';
import type { Attributes, PageSpan, PageTrace } from './model.ts';

type Decoded = { readonly span: Span; readonly brief: Brief; readonly resource: number };

/** A trace with all that its spans say, in the order of its tree. */
export function pageTrace({ id, spans: raw, start, end }: HeldTrace): PageTrace {
  const numbers = new Map<string, number>();
  const resources: Resource[] = [];
  const numberOf = (bytes: Uint8Array): number => {
    const key = Buffer.from(bytes).toString('latin1');
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, resources.push(decodeResource(bytes)) - 1);
    return resources.length - 1;
  };
  const decoded = raw.map(({ resource: bytes, span: body }): Decoded => {
    const resource = numberOf(bytes);
    const span = decodeSpan(body);
    return { span, resource, brief: briefOf(span, resources[resource], true) };
  });
  const byBrief = new Map(decoded.map((each) => [each.brief, each]));
  return {
    id,
    start: start === 0n ? '' : `${moment(start)} UTC`,
    took: micros(end - start),
    resources: resources.map(({ attributes }) => attributesOf(attributes)),
    spans: treeOf(decoded.map(({ brief }) => brief)).rows.map((row) => pageSpan(row, row.span && byBrief.get(row.span), start)),
  };
}

const micros = (nanos: bigint): number => Number(nanos) / 1_000;

const kinds = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

function pageSpan({ depth, missing }: Row, decoded: Decoded | undefined, start: bigint): PageSpan {
  const nothing = { attributes: [], events: [], links: [], resource: -1, took: 0, depth };
  if (!decoded) return { ...nothing, id: missing ?? '', name: `span ${missing} is not in this file`, service: '', kind: '', missing: true };
  const { span, brief, resource } = decoded;
  const since = (time: bigint): number => micros(time - start);
  return {
    id: brief.spanId,
    ...(brief.parentId !== undefined && { parent: brief.parentId }),
    name: clean(brief.name) || '(no name)',
    service: clean(brief.service),
    kind: kinds[brief.kind] ?? '',
    depth,
    ...(brief.start > 0n && { at: since(brief.start) }),
    took: brief.end > brief.start && brief.start > 0n ? micros(brief.end - brief.start) : 0,
    ...(brief.error && { error: true }),
    ...(brief.trouble !== undefined && { trouble: cleanLines(brief.trouble) }),
    ...(brief.genAi && { genAi: genAiOf(brief.genAi) }),
    attributes: attributesOf(span.attributes),
    events: (span.events ?? []).map(({ name = '', timeUnixNano = '0', attributes }) => ({
      name: clean(name),
      at: since(BigInt(timeUnixNano)),
      attributes: attributesOf(attributes),
    })),
    links: (span.links ?? []).map(({ traceId = '', spanId = '' }) => `${traceId} ${spanId}`),
    resource,
  };
}

const attributesOf = (attributes: readonly KeyValue[] = []): Attributes =>
  attributes.map(({ key, value }) => {
    const found = plain(value ?? {});
    return [clean(key), cleanLines(typeof found === 'object' ? JSON.stringify(found) : String(found))];
  });

function genAiOf({ model, agent, tool, inputTokens, outputTokens, input, output }: GenAi): NonNullable<PageSpan['genAi']> {
  const facts = Object.entries({ model, agent, tool, 'tokens in': inputTokens, 'tokens out': outputTokens });
  const said = (messages: GenAi['input']) => messages.map(({ role, text }) => ({ role: clean(role), text: cleanLines(text) }));
  return {
    facts: facts.flatMap(([key, value]): [string, string][] => (value === undefined ? [] : [[key, clean(String(value))]])),
    input: said(input),
    output: said(output),
  };
}
