/** Ids that no span has: the transcoder leaves a span with one of them out, and counts it as rejected with the reason. */
export const noTraceId = '0'.repeat(32);
export const noSpanId = '0'.repeat(16);

/** A value of an attribute, as OTLP's JSON writes it. */
export type Value =
  | { readonly stringValue: string }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly boolValue: boolean }
  | { readonly arrayValue: { readonly values: readonly Value[] } };

/** Attributes in the order in which they were found; the first value under a key stays. */
export type Attributes = Map<string, Value>;

export type SpanEvent = { readonly name: string; readonly time: bigint; readonly attributes: Attributes };
export type SpanLink = { readonly traceId: string; readonly spanId: string; readonly attributes?: Attributes };

/** Numbers of OTLP. */
export const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
export type Kind = keyof typeof kinds;

/** A span as the mappings make it. Times are nanoseconds since 1970. */
export type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly name: string;
  readonly kind: Kind;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Attributes;
  readonly events?: readonly SpanEvent[];
  readonly links?: readonly SpanLink[];
  /** Set where the platform calls the span an error. Nothing else is known: no platform says that a span is fine. */
  readonly error?: { readonly message?: string | undefined };
  /** The span cannot be read, and this is what is known of it. */
  readonly unreadable?: string;
};

export type Scope = { readonly name?: string | undefined; readonly version?: string | undefined };

/** One span with all that stands around it. */
export type Found = { readonly resource: Attributes; readonly scope?: Scope; readonly span: Span };

/**
 * Stands for a span that a platform gave and that cannot be read. The transcoder takes these words for its kind, leaves it out, and counts it
 * as rejected: the slice goes on, and its record says what was left out.
 */
export const unreadable = (what: string): Found => ({
  resource: new Map(),
  span: {
    ...{ traceId: noTraceId, spanId: noSpanId, name: 'unreadable', kind: 'internal', start: 0n, end: 0n, attributes: new Map() },
    unreadable: `unreadable ${what}`,
  },
});

const text = (value: string): Value => ({ stringValue: value });
const int = (value: number | bigint): Value => ({ intValue: String(value) });
export const double = (value: number): Value => ({ doubleValue: value });
const bool = (value: boolean): Value => ({ boolValue: value });

/** GenAI settings that are fractions by nature, although JSON writes 1.0 as 1. */
const fractions = /^gen_ai\.request\.(temperature|top_p|frequency_penalty|presence_penalty)$/;

/** Attributes that count something, whatever the platform has made of them: most turn every value into text. */
const counts =
  /^(gen_ai\.usage\.[a-z_.]*tokens|gen_ai\.request\.(max_tokens|seed|top_k|choice\.count)|http\.response\.status_code|http\.(request|response)\.body\.size|process\.pid|server\.port|network\.peer\.port)$/;

/** The value of an attribute of this name: what is text elsewhere becomes a number again where its name says that it is one. */
function typed(key: string, value: unknown): Value | undefined {
  if (typeof value === 'string') {
    if (counts.test(key) && /^-?\d{1,15}$/.test(value)) return int(Number(value));
    return fractions.test(key) && value.trim() !== '' && Number.isFinite(Number(value)) ? double(Number(value)) : text(value);
  }
  if (typeof value === 'boolean') return bool(value);
  // An attribute has 64 bits for an integer; what needs more keeps its digits as text.
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? int(value) : text(String(value));
  if (typeof value === 'number') return Number.isSafeInteger(value) && !fractions.test(key) ? int(value) : double(value);
  if (!Array.isArray(value)) return undefined;
  return { arrayValue: { values: value.flatMap((each) => typed('', each) ?? (each === null ? [] : [text(JSON.stringify(each))])) } };
}

/** Adds an attribute, unless there is no value or one of this name is there already. */
export function put(attributes: Attributes, key: string, value: unknown): void {
  if (value === undefined || value === null || attributes.has(key)) return;
  const made = typed(key, value);
  if (made !== undefined) attributes.set(key, made);
}

/** An object in an object becomes a name with a dot in it. */
export function* flattened(value: object, prefix = ''): Generator<readonly [key: string, value: unknown]> {
  for (const [name, inner] of Object.entries(value)) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) yield* flattened(inner, key);
    else yield [key, inner];
  }
}

const list = (attributes: Attributes) => [...attributes].map(([key, value]) => ({ key, value }));

/** A span in OTLP's JSON. */
const spanJson = ({ traceId, spanId, parentSpanId, name, kind, start, end, attributes, events, links, error, unreadable }: Span) => ({
  traceId,
  spanId,
  ...(parentSpanId !== undefined && { parentSpanId }),
  name,
  kind: unreadable ?? kinds[kind],
  startTimeUnixNano: String(start),
  endTimeUnixNano: String(end),
  attributes: list(attributes),
  ...(events?.length && {
    events: events.map((each) => ({ timeUnixNano: String(each.time), name: each.name, attributes: list(each.attributes) })),
  }),
  ...(links?.length && {
    links: links.map((each) => ({ traceId: each.traceId, spanId: each.spanId, attributes: list(each.attributes ?? new Map()) })),
  }),
  ...(error && { status: { code: 2, ...(error.message && { message: error.message }) } }),
});

/** What a span says, as text: two that differ in anything differ here. */
export type Written = { readonly around: string; readonly span: string };

export const written = ({ resource, scope = {}, span }: Found): Written => ({
  around: JSON.stringify([list(resource), { ...(scope.name && { name: scope.name }), ...(scope.version && { version: scope.version }) }]),
  span: JSON.stringify(spanJson(span)),
});

/** Lines of OTLP JSON, one for each resource and scope. */
export function lines(page: readonly Written[]): string {
  const groups = Map.groupBy(page, ({ around }) => around);
  return [...groups].map(([around, its]) => line(around, its)).join('');
}

function line(around: string, its: readonly Written[]): string {
  const [attributes, scope] = JSON.parse(around);
  const head = `{"resourceSpans":[{"resource":${JSON.stringify({ attributes })},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[`;
  return `${head}${its.map(({ span }) => span).join(',')}]}]}]}\n`;
}
