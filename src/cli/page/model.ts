/** What a page is made of, as JSON in it. Shared by the command, which writes it, and the script of the page, which reads it. */

/** Texts by key, in the order of the file. */
export type Attributes = readonly (readonly [key: string, value: string])[];

export type PageMessage = { readonly role: string; readonly text: string };

export type PageSpan = {
  readonly id: string;
  readonly parent?: string;
  readonly name: string;
  readonly service: string;
  readonly kind: string;
  /** Levels below the root; the spans of a trace stand in the order of the tree. */
  readonly depth: number;
  /** Microseconds since the start of the trace; absent where the file says no time. */
  readonly at?: number;
  /** Microseconds. */
  readonly took: number;
  readonly error?: true;
  readonly trouble?: string;
  /** Stands in for a parent that the file does not hold. */
  readonly missing?: true;
  readonly genAi?: {
    readonly facts: Attributes;
    readonly input: readonly PageMessage[];
    readonly output: readonly PageMessage[];
  };
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly at: number; readonly attributes: Attributes }[];
  readonly links: readonly string[];
  /** Which of the resources of the trace. */
  readonly resource: number;
};

export type PageTrace = {
  readonly id: string;
  /** "2026-11-19 10:00:00.120 UTC"; empty where the file says no time. */
  readonly start: string;
  /** Microseconds. */
  readonly took: number;
  readonly resources: readonly Attributes[];
  readonly spans: readonly PageSpan[];
};

export type PageData = {
  /** What is shown: the name of a file or the key of an object. */
  readonly name: string;
  /** What a person should know about it: spans that were left out, older traces that are not here. */
  readonly notes: readonly string[];
  /** Oldest first. */
  readonly traces: readonly PageTrace[];
};
