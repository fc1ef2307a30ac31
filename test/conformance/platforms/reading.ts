import { parseJson } from '../../../src/stores/slices/json.ts';
import type { Store, StoredFile } from '../../../src/stores/store.ts';

type Attribute = { readonly key: string; readonly value: Readonly<Record<string, unknown>> };

/** A span as a line of OTLP JSON gives it, with its resource. */
export type ReadSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly resource: readonly Attribute[];
};

type Line = { readonly resourceSpans: readonly { resource: { attributes: Attribute[] }; scopeSpans: { spans: ReadSpan[] }[] }[] };

/** All spans of lines of OTLP JSON. */
const spansIn = (text: string): readonly ReadSpan[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => (parseJson(line) as Line).resourceSpans)
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, resource: resource.attributes }))),
    );

/** Reads a slice to its end; `done` tells the store that its spans were accepted. */
export async function readSlice(
  store: Store,
  file: Pick<StoredFile, 'key' | 'version' | 'size'>,
  { done = true, signal }: { readonly done?: boolean; readonly signal?: AbortSignal } = {},
): Promise<readonly ReadSpan[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.open(file, signal ? { signal } : {})) chunks.push(chunk);
  if (done) store.done?.(file);
  return spansIn(Buffer.concat(chunks).toString());
}

export const attribute = (attributes: readonly Attribute[], key: string): unknown =>
  Object.values(attributes.find((each) => each.key === key)?.value ?? {})[0];

/** The digits of a span's id, to be compared with those that were sent. */
export const idsOf = (spans: readonly ReadSpan[]): readonly string[] => spans.map(({ spanId }) => spanId).sort();
