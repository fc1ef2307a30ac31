/** OTLP as canonical JSON, field by field: what `--to json` prints, and what a waterfall is drawn from. Absent means default. */

export type AnyValue = {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number | string;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
  readonly bytesValue?: string;
};

export type KeyValue = { readonly key: string; readonly value?: AnyValue };

export type Resource = { readonly attributes?: readonly KeyValue[]; readonly droppedAttributesCount?: number };

export type Event = {
  readonly timeUnixNano?: string;
  readonly name?: string;
  readonly attributes?: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
};

export type Span = {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly traceState?: string;
  readonly parentSpanId?: string;
  readonly flags?: number;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
  readonly events?: readonly Event[];
  readonly droppedEventsCount?: number;
  readonly links?: readonly { readonly traceId?: string; readonly spanId?: string }[];
  readonly droppedLinksCount?: number;
  readonly status?: { readonly message?: string; readonly code?: number };
};

type ScopeSpans = {
  readonly scope?: { readonly name?: string; readonly version?: string; readonly attributes?: readonly KeyValue[] };
  readonly spans?: readonly Span[];
  readonly schemaUrl?: string;
};

export type ResourceSpans = { readonly resource?: Resource; readonly scopeSpans?: readonly ScopeSpans[]; readonly schemaUrl?: string };
