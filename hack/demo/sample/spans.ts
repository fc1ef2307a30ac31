import { createHash } from 'node:crypto';

/** What a file's spans are compared by when they arrive. */
export type SpanId = `${string}:${string}`;

/** A file in the making: its bytes and the spans that must arrive once it was ferried. */
export type Sample = { readonly body: Buffer; readonly spans: readonly SpanId[] };

/** The same ids each time the demo runs, so that what is seen can be looked up again. */
export const traceIdOf = (name: string): string => digest(name, 32);
export const spanIdOf = (trace: string, place: number): string => digest(`${trace}/${place}`, 16);

const digest = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length);

/** A span before it takes the shape of a format. Times are milliseconds since the start of its trace. */
export type Draft<Meaning> = {
  readonly name: string;
  /** Index of the parent among the spans of the trace. */
  readonly parent?: number;
  readonly from: number;
  readonly to: number;
  readonly meaning: Meaning;
  readonly error?: string;
};
