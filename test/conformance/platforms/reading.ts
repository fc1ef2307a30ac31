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

/** The lines of a slice. */
export async function textOf(store: Store, file: Pick<StoredFile, 'key' | 'version' | 'size'>, signal?: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.open(file, signal ? { signal } : {})) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Reads a slice to its end; `done` tells the store that its spans were accepted. */
export async function readSlice(
  store: Store,
  file: Pick<StoredFile, 'key' | 'version' | 'size'>,
  { done = true, signal }: { readonly done?: boolean; readonly signal?: AbortSignal } = {},
): Promise<readonly ReadSpan[]> {
  const text = await textOf(store, file, signal);
  if (done) store.done?.(file);
  return spansIn(text);
}

export const attribute = (attributes: readonly Attribute[], key: string): unknown =>
  Object.values(attributes.find((each) => each.key === key)?.value ?? {})[0];

/** The digits of a span's id, to be compared with those that were sent. */
export const idsOf = (spans: readonly ReadSpan[]): readonly string[] => spans.map(({ spanId }) => spanId).sort();
