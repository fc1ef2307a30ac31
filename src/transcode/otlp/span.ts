import { names, spellings } from '../json/names.ts';
import { END, type JsonReader } from '../json/reader.ts';
import { SPAN_ID, TRACE_ID } from '../wire/id.ts';
import { parsed } from '../wire/integer.ts';
import type { Writer } from '../wire/writer.ts';
import { type IdKind, impossibleLength, takeId } from './ids.ts';
import { putEnum, putString, putUint32, readInteger, readUint32 } from './scalars.ts';
import { putAttributes } from './value.ts';

const TRACE = 1;
const SPAN = 2;
const STATE = 3;
const PARENT = 4;
const NAME = 5;
const KIND = 6;
const START = 7;
const END_TIME = 8;
const ATTRIBUTES = 9;
const DROPPED_ATTRIBUTES = 10;
const EVENTS = 11;
const DROPPED_EVENTS = 12;
const LINKS = 13;
const DROPPED_LINKS = 14;
const STATUS = 15;
const FLAGS = 16;

const spanNames = names(
  {
    ...spellings('traceId', TRACE),
    ...spellings('spanId', SPAN),
    ...spellings('traceState', STATE),
    ...spellings('parentSpanId', PARENT),
    ...spellings('name', NAME),
    ...spellings('kind', KIND),
    ...spellings('startTimeUnixNano', START),
    ...spellings('endTimeUnixNano', END_TIME),
    ...spellings('attributes', ATTRIBUTES),
    ...spellings('droppedAttributesCount', DROPPED_ATTRIBUTES),
    ...spellings('events', EVENTS),
    ...spellings('droppedEventsCount', DROPPED_EVENTS),
    ...spellings('links', LINKS),
    ...spellings('droppedLinksCount', DROPPED_LINKS),
    ...spellings('status', STATUS),
    ...spellings('flags', FLAGS),
  },
  [ATTRIBUTES, EVENTS, LINKS],
);

const kinds = {
  SPAN_KIND_UNSPECIFIED: 0,
  SPAN_KIND_INTERNAL: 1,
  SPAN_KIND_SERVER: 2,
  SPAN_KIND_CLIENT: 3,
  SPAN_KIND_PRODUCER: 4,
  SPAN_KIND_CONSUMER: 5,
};

const codes = { STATUS_CODE_UNSET: 0, STATUS_CODE_OK: 1, STATUS_CODE_ERROR: 2 };

/** What the summary wants to know of the span read last. The same object each time. */
export const span = {
  traceId: new Uint8Array(TRACE_ID),
  startHigh: 0,
  startLow: 0,
  endHigh: 0,
  endLow: 0,
};

const spanId = new Uint8Array(SPAN_ID);
const otherId = new Uint8Array(TRACE_ID);

/** Reads the span object that begins here and writes it as a `ScopeSpans.spans` field. */
export function putSpan(r: JsonReader, w: Writer): void {
  const at = r.at;
  const mark = w.open(0x12);
  let seen = 0;
  let trace: string = 'absent';
  let own: string = 'absent';
  span.startHigh = span.startLow = span.endHigh = span.endLow = 0;
  r.object('a span');
  for (let code = r.field(spanNames); code !== END; code = r.field(spanNames)) {
    seen = r.once(seen, code, spanNames);
    if (code === TRACE) {
      trace = takeId(r, 'trace id', span.traceId);
      w.field(0x0a, span.traceId);
    } else if (code === SPAN) {
      own = takeId(r, 'span id', spanId);
      w.field(0x12, spanId);
    } else putSpanField(r, w, code);
  }
  w.close(mark);
  demand(r, 'trace id', TRACE_ID, trace, at);
  demand(r, 'span id', SPAN_ID, own, at);
}

/** A span needs both its ids: none fails the file, zero rejects the span. */
function demand(r: JsonReader, kind: IdKind, size: number, verdict: string, at: number): void {
  if (verdict === 'absent') impossibleLength(kind, size, 0, 'characters', r.window.offset + at);
  if (verdict === 'zero') r.reject(size === TRACE_ID ? 'InvalidTraceId' : 'InvalidSpanId', `the ${kind} is all zero`, at);
}

function putSpanField(r: JsonReader, w: Writer, code: number): void {
  switch (code) {
    case STATE:
      putString(r, w, 0x1a, 'traceState');
      break;
    case PARENT:
      putParent(r, w);
      break;
    case NAME:
      putString(r, w, 0x2a, 'name');
      break;
    case KIND:
      putEnum(r, w, 0x30, 'kind', kinds);
      break;
    case START:
      putTime(r, w, 0x39, 'startTimeUnixNano');
      span.startHigh = parsed.high;
      span.startLow = parsed.low;
      break;
    case END_TIME:
      putTime(r, w, 0x41, 'endTimeUnixNano');
      span.endHigh = parsed.high;
      span.endLow = parsed.low;
      break;
    case ATTRIBUTES:
      putAttributes(r, w, 0x4a, 'attributes');
      break;
    case DROPPED_ATTRIBUTES:
      putUint32(r, w, 0x50, 'droppedAttributesCount');
      break;
    case EVENTS:
      putEach(r, 'events', () => putEvent(r, w));
      break;
    case DROPPED_EVENTS:
      putUint32(r, w, 0x60, 'droppedEventsCount');
      break;
    case LINKS:
      putEach(r, 'links', () => putLink(r, w));
      break;
    case DROPPED_LINKS:
      putUint32(r, w, 0x70, 'droppedLinksCount');
      break;
    case STATUS:
      putStatus(r, w);
      break;
    case FLAGS: {
      const flags = readUint32(r, 'flags');
      w.byte(0x85);
      w.byte(0x01);
      w.fixed32(flags);
      break;
    }
    default:
      r.skip();
      break;
  }
}

function putEach(r: JsonReader, what: string, put: () => void): void {
  r.array(what);
  while (r.element(what)) put();
}

/** For a parent, empty and all zero both mean: this is a root. */
function putParent(r: JsonReader, w: Writer): void {
  if (takeId(r, 'parent span id', otherId) === 'ok') w.field(0x22, otherId, 0, SPAN_ID);
}

function putTime(r: JsonReader, w: Writer, tag: number, what: string): void {
  readInteger(r, what, false);
  w.byte(tag);
  w.fixed64(parsed.high, parsed.low);
}

const eventNames = names(
  {
    ...spellings('timeUnixNano', 1),
    ...spellings('name', 2),
    ...spellings('attributes', 3),
    ...spellings('droppedAttributesCount', 4),
  },
  [3],
);

function putEvent(r: JsonReader, w: Writer): void {
  const mark = w.open(0x5a);
  let seen = 0;
  r.object('an event');
  for (let code = r.field(eventNames); code !== END; code = r.field(eventNames)) {
    seen = r.once(seen, code, eventNames);
    if (code === 1) putTime(r, w, 0x09, 'timeUnixNano');
    else if (code === 2) putString(r, w, 0x12, 'the name of an event');
    else if (code === 3) putAttributes(r, w, 0x1a, 'the attributes of an event');
    else if (code === 4) putUint32(r, w, 0x20, 'droppedAttributesCount');
    else r.skip();
  }
  w.close(mark);
}

const linkNames = names(
  {
    ...spellings('traceId', 1),
    ...spellings('spanId', 2),
    ...spellings('traceState', 3),
    ...spellings('attributes', 4),
    ...spellings('droppedAttributesCount', 5),
    ...spellings('flags', 6),
  },
  [4],
);

function putLink(r: JsonReader, w: Writer): void {
  const mark = w.open(0x6a);
  let seen = 0;
  r.object('a link');
  for (let code = r.field(linkNames); code !== END; code = r.field(linkNames)) {
    seen = r.once(seen, code, linkNames);
    if (code === 1) {
      if (takeId(r, 'trace id of a link', otherId) === 'ok') w.field(0x0a, otherId);
    } else if (code === 2) {
      if (takeId(r, 'span id of a link', otherId) === 'ok') w.field(0x12, otherId, 0, SPAN_ID);
    } else if (code === 3) putString(r, w, 0x1a, 'the traceState of a link');
    else if (code === 4) putAttributes(r, w, 0x22, 'the attributes of a link');
    else if (code === 5) putUint32(r, w, 0x28, 'droppedAttributesCount');
    else if (code === 6) {
      const flags = readUint32(r, 'the flags of a link');
      w.byte(0x35);
      w.fixed32(flags);
    } else r.skip();
  }
  w.close(mark);
}

const statusNames = names({ ...spellings('message', 2), ...spellings('code', 3) });

function putStatus(r: JsonReader, w: Writer): void {
  const mark = w.open(0x7a);
  let seen = 0;
  r.object('status');
  for (let code = r.field(statusNames); code !== END; code = r.field(statusNames)) {
    seen = r.once(seen, code, statusNames);
    if (code === 2) putString(r, w, 0x12, 'the status message');
    else if (code === 3) putEnum(r, w, 0x18, 'the status code', codes);
    else r.skip();
  }
  w.close(mark);
}
