/** How the content of a field is written in JSON. */
export type Scalar = 'string' | 'hex' | 'base64' | 'bool' | 'uint32' | 'enum' | 'int64' | 'fixed32' | 'fixed64' | 'double';

/** A field of a message. `always` is written even where it is absent; a function stands for a message that is not defined yet. */
export type Rule = {
  readonly name: string;
  readonly of: Scalar | Message | (() => Message);
  readonly repeated?: boolean;
  readonly always?: unknown;
  /** The default counts as said: a member of a oneof. */
  readonly presence?: boolean;
};

/** Fields by their number, in the order in which JSON shows them. */
export type Message = ReadonlyMap<number, Rule>;

const message = (rules: Readonly<Record<string, readonly [number, Rule['of'], ('repeated' | 'presence')?]>>): Message =>
  new Map(
    Object.entries(rules).map(([name, [number, of, how]]) => [
      number,
      { name, of, ...(how === 'repeated' ? { repeated: true } : {}), ...(how === 'presence' ? { presence: true } : {}) },
    ]),
  );

const values: Message = message({ values: [1, () => anyValue, 'repeated'] });

const keyValues: Message = message({ values: [1, () => keyValue, 'repeated'] });

const anyValue: Message = message({
  stringValue: [1, 'string', 'presence'],
  boolValue: [2, 'bool', 'presence'],
  intValue: [3, 'int64', 'presence'],
  doubleValue: [4, 'double', 'presence'],
  arrayValue: [5, values],
  kvlistValue: [6, keyValues],
  bytesValue: [7, 'base64', 'presence'],
});

const keyValue: Message = new Map<number, Rule>([
  [1, { name: 'key', of: 'string', always: '' }],
  [2, { name: 'value', of: anyValue }],
]);

const entityRef = message({
  schemaUrl: [1, 'string'],
  type: [2, 'string'],
  idKeys: [3, 'string', 'repeated'],
  descriptionKeys: [4, 'string', 'repeated'],
});

/** Resource of opentelemetry/proto/resource/v1/resource.proto. */
export const resource = message({
  attributes: [1, keyValue, 'repeated'],
  droppedAttributesCount: [2, 'uint32'],
  entityRefs: [3, entityRef, 'repeated'],
});

const scope = message({
  name: [1, 'string'],
  version: [2, 'string'],
  attributes: [3, keyValue, 'repeated'],
  droppedAttributesCount: [4, 'uint32'],
});

const event = message({
  timeUnixNano: [1, 'fixed64'],
  name: [2, 'string'],
  attributes: [3, keyValue, 'repeated'],
  droppedAttributesCount: [4, 'uint32'],
});

const link = message({
  traceId: [1, 'hex'],
  spanId: [2, 'hex'],
  traceState: [3, 'string'],
  attributes: [4, keyValue, 'repeated'],
  droppedAttributesCount: [5, 'uint32'],
  flags: [6, 'fixed32'],
});

const status = message({ message: [2, 'string'], code: [3, 'enum'] });

/** Span of opentelemetry/proto/trace/v1/trace.proto. */
export const span = message({
  traceId: [1, 'hex'],
  spanId: [2, 'hex'],
  traceState: [3, 'string'],
  parentSpanId: [4, 'hex'],
  flags: [16, 'fixed32'],
  name: [5, 'string'],
  kind: [6, 'enum'],
  startTimeUnixNano: [7, 'fixed64'],
  endTimeUnixNano: [8, 'fixed64'],
  attributes: [9, keyValue, 'repeated'],
  droppedAttributesCount: [10, 'uint32'],
  events: [11, event, 'repeated'],
  droppedEventsCount: [12, 'uint32'],
  links: [13, link, 'repeated'],
  droppedLinksCount: [14, 'uint32'],
  status: [15, status],
});

const scopeSpans = message({ scope: [1, scope], spans: [2, span, 'repeated'], schemaUrl: [3, 'string'] });

/** ResourceSpans of the same, and all that is in it. */
export const resourceSpans: Message = message({
  resource: [1, resource],
  scopeSpans: [2, scopeSpans, 'repeated'],
  schemaUrl: [3, 'string'],
});
