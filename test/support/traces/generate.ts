import type { Random } from './random.ts';

/** JSON text that is put together by hand, so that numbers, escapes and order are what we want them to be. */
type Text = string;

const words = [
  'agent',
  'checkout',
  'gen_ai.prompt',
  'http.method',
  '東京',
  'naïve',
  '🚀 launch',
  '',
  'a"b',
  'back\\slash',
  'line\nbreak',
  '\u0000',
  '</s>',
];

/** How one writer writes. `unusual` turns on what a fast path may decline. */
type Style = {
  readonly unusual: boolean;
  readonly snake: boolean;
  readonly base64: boolean;
  readonly ascii: boolean;
  readonly space: string;
};

function style(random: Random, unusual: boolean): Style {
  return {
    unusual,
    snake: unusual && random.chance(0.2),
    base64: random.chance(0.3),
    ascii: random.chance(0.3),
    space: random.pick(['', '', ' ', '\n  ', '\r\n\t']),
  };
}

const quote = (random: Random, text: string, { ascii, unusual }: Style): Text => {
  let json = JSON.stringify(text);
  if (ascii) json = json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (random.chance(0.1)) json = json.replaceAll('/', '\\/');
  if (unusual && random.chance(0.05)) json = `"\\ud800${json.slice(1)}`;
  return json;
};

function object(
  random: Random,
  { space, snake, unusual }: Style,
  fields: readonly (readonly [name: string, value: Text | undefined])[],
): Text {
  const list = fields.filter((field): field is readonly [string, Text] => field[1] !== undefined);
  if (unusual && random.chance(0.05)) list.push([random.pick(['unknown', 'x', '']), '{"deep":[1,{"a":null}],"s":"]}"}']);
  if (unusual && random.chance(0.05)) list.push([random.pick(['name', 'traceState', 'description', 'version']), 'null']);
  if (random.chance(0.1)) list.sort(() => random.below(3) - 1);
  const named = list.map(
    ([name, value]) => `"${snake ? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name}":${space}${value}`,
  );
  return `{${space}${named.join(`,${space}`)}${space}}`;
}

const array = ({ space }: Style, elements: readonly Text[]): Text => `[${elements.join(`,${space}`)}]`;

const word = (random: Random, s: Style): Text =>
  quote(random, random.chance(0.1) ? random.pick(words).repeat(random.below(200)) : random.times(4, () => random.pick(words)).join(' '), s);

function integer(random: Random, { unusual }: Style): Text {
  const value = random.pick([
    '0',
    '1',
    '-1',
    '42',
    '4294967296',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
    String(random.below(1e9)),
  ]);
  if (unusual && random.chance(0.1)) return random.pick(['1.0', '"1e3"', '2.5e2', '{"low":5,"high":1}']);
  return random.chance(0.5) ? `"${value}"` : value;
}

const time = (random: Random, s: Style): Text => {
  const digits = `1${700000000 + random.below(99999999)}${String(random.below(999999999)).padStart(9, '0')}`;
  if (s.unusual && random.chance(0.05)) return random.pick(['0', '"1.5e18"', 'null']);
  return random.chance(0.8) ? `"${digits}"` : digits;
};

function id(random: Random, digits: number, s: Style): Text {
  const hex = random.hex(digits).replace(/^0/, '1');
  if (s.base64) return `"${Buffer.from(hex, 'hex').toString('base64')}"`;
  if (s.unusual && random.chance(0.02)) return `"${'0'.repeat(digits)}"`;
  return `"${random.chance(0.1) ? hex.toUpperCase() : hex}"`;
}

function value(random: Random, s: Style, depth = 0): Text {
  const kind = random.below(depth > 3 ? 5 : 8);
  const member = (name: string, text: Text): Text => object(random, { ...s, unusual: false }, [[name, text]]);
  switch (kind) {
    case 0:
    case 1:
      return member('stringValue', word(random, s));
    case 2:
      return member('intValue', integer(random, s));
    case 3:
      return member('boolValue', random.pick(['true', 'false']));
    case 4:
      return member(
        'doubleValue',
        random.pick(['0', '-0.0', '0.1', '1e-300', '3.141592653589793', '"NaN"', '"-Infinity"', '1.7976931348623157e308', '5']),
      );
    case 5:
      return member(
        'arrayValue',
        object(random, s, [
          [
            'values',
            array(
              s,
              random.times(4, () => value(random, s, depth + 1)),
            ),
          ],
        ]),
      );
    case 6:
      return member('kvlistValue', object(random, s, [['values', attributes(random, s, depth + 1)]]));
    default:
      return s.unusual && random.chance(0.3)
        ? '{}'
        : member('bytesValue', `"${Buffer.from(random.hex(random.below(9) * 2), 'hex').toString('base64')}"`);
  }
}

const attributes = (random: Random, s: Style, depth = 0): Text =>
  array(
    s,
    random.times(5, () =>
      object(random, s, [
        ['key', word(random, s)],
        ['value', value(random, s, depth)],
      ]),
    ),
  );

const maybe = (random: Random, text: Text): Text | undefined => (random.chance(0.6) ? text : undefined);

function span(random: Random, s: Style): Text {
  return object(random, s, [
    ['traceId', id(random, 32, s)],
    ['spanId', id(random, 16, s)],
    ['traceState', maybe(random, '"k=v"')],
    ['parentSpanId', random.chance(0.3) ? '""' : maybe(random, id(random, 16, { ...s, unusual: false }))],
    ['flags', maybe(random, String(random.below(512)))],
    ['name', word(random, s)],
    ['kind', s.unusual && random.chance(0.2) ? '"SPAN_KIND_CLIENT"' : String(random.below(6))],
    ['startTimeUnixNano', time(random, s)],
    ['endTimeUnixNano', time(random, s)],
    ['attributes', attributes(random, s)],
    ['droppedAttributesCount', maybe(random, String(random.below(300)))],
    [
      'events',
      maybe(
        random,
        array(
          s,
          random.times(2, () => event(random, s)),
        ),
      ),
    ],
    ['droppedEventsCount', maybe(random, '0')],
    [
      'links',
      maybe(
        random,
        array(
          s,
          random.times(2, () => link(random, s)),
        ),
      ),
    ],
    [
      'status',
      maybe(
        random,
        object(random, s, [
          ['message', maybe(random, word(random, s))],
          ['code', maybe(random, String(random.below(3)))],
        ]),
      ),
    ],
  ]);
}

const event = (random: Random, s: Style): Text =>
  object(random, s, [
    ['timeUnixNano', time(random, s)],
    ['name', word(random, s)],
    ['attributes', maybe(random, attributes(random, s))],
    ['droppedAttributesCount', maybe(random, '7')],
  ]);

const link = (random: Random, s: Style): Text =>
  object(random, s, [
    ['traceId', id(random, 32, { ...s, unusual: false })],
    ['spanId', id(random, 16, { ...s, unusual: false })],
    ['attributes', maybe(random, attributes(random, s))],
    ['flags', maybe(random, '257')],
  ]);

/** A file of OTLP JSON: some documents, in one writer's style. Without `unusual` it holds only what writers commonly write. */
export function otlpJson(random: Random, unusual = true): string {
  const s = style(random, unusual);
  const scope = (): Text =>
    object(random, s, [
      [
        'scope',
        maybe(
          random,
          object(random, s, [
            ['name', word(random, s)],
            ['version', '"1"'],
            ['attributes', maybe(random, attributes(random, s))],
          ]),
        ),
      ],
      [
        'spans',
        array(
          s,
          random.times(6, () => span(random, s)),
        ),
      ],
      ['schemaUrl', maybe(random, '"https://opentelemetry.io/schemas/1.24.0"')],
    ]);
  const group = (): Text =>
    object(random, s, [
      ['resource', maybe(random, object(random, s, [['attributes', attributes(random, s)]]))],
      ['scopeSpans', array(s, random.times(3, scope))],
      ['schemaUrl', maybe(random, '""')],
    ]);
  const document = (): Text => object(random, s, [['resourceSpans', array(s, random.times(3, group))]]);
  return Array.from({ length: 1 + random.below(3) }, document).join(random.pick(['\n', '\r\n', '', ' ']));
}

/** A file of Monocle spans in one of the dialects. */
export function monocleJson(random: Random): string {
  const dialect = random.pick(['python', 'typescript', 'okahu'] as const);
  const s: Style = { unusual: true, snake: false, base64: false, ascii: random.chance(0.5), space: random.pick(['', ' ', '\n']) };
  const plain = (depth: number): Text =>
    random.pick([
      () => word(random, s),
      () => random.pick(['0', '1.0', '-7', '1e3', '18446744073709551616', 'true', 'false', 'null']),
      () =>
        depth > 2
          ? '[]'
          : array(
              s,
              random.times(3, () => plain(depth + 1)),
            ),
      () => (depth > 2 ? '{}' : object(random, s, [['k', plain(depth + 1)]])),
    ])();
  const data = (): Text =>
    object(
      random,
      s,
      random.times(4, (index) => [`span.${index}`, plain(0)] as const),
    );
  const moment = (): Text => `"2025-0${1 + random.below(9)}-1${random.below(10)}T0${random.below(10)}:11:12.${random.below(999999)}Z"`;
  const hex = (digits: number): Text => `"${dialect === 'python' ? '0x' : ''}${random.hex(digits)}"`;
  const one = (): Text =>
    object(random, s, [
      [dialect === 'okahu' ? 'span_name' : 'name', word(random, s)],
      ...(dialect === 'okahu'
        ? ([
            ['trace_id', hex(32)],
            ['span_id', hex(16)],
          ] as const)
        : ([
            [
              'context',
              object(random, s, [
                ['trace_id', hex(32)],
                ['span_id', hex(16)],
                ['trace_state', '"[]"'],
              ]),
            ],
          ] as const)),
      ['kind', dialect === 'python' ? '"SpanKind.INTERNAL"' : maybe(random, '0')],
      ['parent_id', random.pick(['null', '"None"', hex(16)])],
      ['start_time', random.chance(0.05) ? 'null' : moment()],
      ['end_time', random.chance(0.1) ? 'null' : moment()],
      ['status', random.pick(['{"status_code":"OK"}', '{"code":"error","message":"no"}', '"UNSET"'])],
      ['attributes', data()],
      [
        'events',
        maybe(
          random,
          array(
            s,
            random.times(2, () =>
              object(random, s, [
                ['name', '"data.input"'],
                ['timestamp', moment()],
                ['attributes', data()],
              ]),
            ),
          ),
        ),
      ],
      [
        'resource',
        dialect === 'okahu'
          ? undefined
          : object(random, s, [
              ['attributes', '{"service.name":"shop"}'],
              ['schema_url', '""'],
            ]),
      ],
    ]);
  const spans = Array.from({ length: 1 + random.below(6) }, one);
  if (dialect === 'okahu')
    return random.chance(0.5) ? `{"trace_id":${hex(32)},"spans":${array(s, spans)}}` : `{"batch":${array(s, spans)}}`;
  return random.chance(0.5) ? array(s, spans) : spans.join('\n');
}

const pieces = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'null',
  'NaN',
  '1e400',
  '\\u0000',
  '\\ud800',
  '0',
  '\n',
  '\u00ff',
  '"":',
  '{}',
  '[]',
  '-',
  '"traceId":"",',
  '\u0000',
];

/** The same bytes with a few things wrong: flipped, cut, doubled, put in. */
export function mutate(random: Random, content: Uint8Array): Uint8Array {
  let bytes = Buffer.from(content);
  for (let round = random.below(4); round >= 0 && bytes.length > 0; round--) {
    const at = random.below(bytes.length);
    const length = random.below(20);
    switch (random.below(6)) {
      case 0:
        bytes[at] = random.below(256);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(pieces)), bytes.subarray(at)]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
        break;
      case 4:
        bytes = random.chance(0.3) ? bytes.subarray(0, at) : bytes;
        break;
      default:
        bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
  }
  return bytes;
}
