import { END, type JsonReader } from '../json/reader.ts';
import { SPAN_ID, TRACE_ID } from '../wire/id.ts';
import { bytesOf } from '../wire/utf8.ts';
import type { Writer } from '../wire/writer.ts';
import { putObject } from './attributes.ts';
import * as f from './fields.ts';
import { readMonocleId, readOwnId, reasonOf } from './ids.ts';
import { goTo, type Places, placesOf } from './places.ts';
import { readKind, readStatusCode, readTime, timeRead, traceState } from './values.ts';

type Time = { readonly high: number; readonly low: number };

/** What is told of a span besides its bytes. */
export type SpanFacts = {
  readonly traceId: Uint8Array;
  readonly start: Time;
  readonly end: Time;
  /** The place of the resource in the span's text. */
  readonly resourceAt: number | undefined;
  readonly workflow: string | undefined;
  readonly version: string | undefined;
};

const traceId = new Uint8Array(TRACE_ID);
const spanId = new Uint8Array(SPAN_ID);
const parentId = new Uint8Array(SPAN_ID);

/** Reads a Monocle span of any dialect and writes it as a `ScopeSpans.spans` field. `wrapperTrace` is the trace id around it. */
export function putMonocleSpan(r: JsonReader, w: Writer, wrapperTrace?: Uint8Array): SpanFacts {
  const places = placesOf(r, f.monocleNames, 'a span');
  const behind = r.at;
  const context = goTo(r, places, f.CONTEXT) && r.peek() === 0x7b ? placesOf(r, f.monocleNames, 'context') : new Map<number, number>();
  const mark = w.open(0x12);
  putIds(r, w, places, context, wrapperTrace);
  putStrings(r, w, places, context);
  w.byte(0x30);
  w.byte(goTo(r, places, f.KIND) ? readKind(r) : 1);
  const { start, end } = putTimes(r, w, places);
  const told = putAttributes(r, w, places);
  if (goTo(r, places, f.EVENTS)) putEvents(r, w, start);
  if (goTo(r, places, f.LINKS)) putLinks(r, w);
  if (goTo(r, places, f.STATUS)) putStatus(r, w);
  putFlags(r, w, either(r, places, context, f.FLAGS));
  w.close(mark);
  r.at = behind;
  return {
    traceId,
    start,
    end,
    resourceAt: places.get(f.RESOURCE),
    workflow: told.get('workflow.name'),
    version: told.get('monocle_apptrace.version'),
  };
}

function either(r: JsonReader, places: Places, context: Places, code: number): boolean {
  return goTo(r, context, code) || goTo(r, places, code);
}

function putIds(r: JsonReader, w: Writer, places: Places, context: Places, wrapperTrace: Uint8Array | undefined): void {
  const at = r.at;
  if (either(r, places, context, f.TRACE)) readOwnId(r, 'trace id', TRACE_ID, traceId);
  else if (wrapperTrace) traceId.set(wrapperTrace);
  else r.reject(reasonOf(TRACE_ID), 'the trace id is missing', at);
  w.field(0x0a, traceId);
  if (!either(r, places, context, f.SPAN)) r.reject(reasonOf(SPAN_ID), 'the span id is missing', at);
  readOwnId(r, 'span id', SPAN_ID, spanId);
  w.field(0x12, spanId);
  if (goTo(r, places, f.PARENT) && readMonocleId(r, 'parent span id', SPAN_ID, parentId) === 'ok') w.field(0x22, parentId);
}

function putStrings(r: JsonReader, w: Writer, places: Places, context: Places): void {
  if (either(r, places, context, f.STATE) && r.peek() === 0x22) {
    r.string();
    const state = bytesOf(traceState(r.value));
    if (state.length > 0) w.field(0x1a, state);
  }
  if (!goTo(r, places, f.NAME)) return;
  if (r.peek() !== 0x22) r.reject('InvalidSpan', 'the name is not a string');
  r.string();
  if (r.to > r.from) w.field(0x2a, r.text, r.from, r.to);
}

function putTimes(r: JsonReader, w: Writer, places: Places): { readonly start: Time; readonly end: Time } {
  if (!goTo(r, places, f.START)) r.reject('InvalidSpan', 'the start time is missing');
  readTime(r, 'the start time');
  const start = timeRead();
  w.byte(0x39);
  w.fixed64(start.high, start.low);
  let end = start;
  if (goTo(r, places, f.FINISH)) {
    readTime(r, 'the end time');
    end = timeRead();
  } else r.notes.warn('a span without an end ends when it starts', r.at);
  w.byte(0x41);
  w.fixed64(end.high, end.low);
  return { start, end };
}

function putAttributes(r: JsonReader, w: Writer, places: Places): ReadonlyMap<string, string> {
  const told = new Map<string, string>();
  if (goTo(r, places, f.ATTRIBUTES)) putObject(r, w, 0x4a, 'attributes', (key, value) => told.set(key, value));
  if (goTo(r, places, f.ENTITY)) putEntities(r, w, told.has('entity.count'));
  return told;
}

/** Okahu keeps entities in a list of objects; Monocle writes `entity.1.name`, counting from 1. */
function putEntities(r: JsonReader, w: Writer, counted: boolean): void {
  if (r.peek() !== 0x5b) return;
  let count = 0;
  r.array('entity');
  while (r.element('entity')) {
    count++;
    putObject(r, w, 0x4a, 'an entity', undefined, 0, `entity.${count}.`);
  }
  if (counted || count === 0) return;
  const mark = w.open(0x4a);
  w.field(0x0a, bytesOf('entity.count'));
  const value = w.open(0x12);
  w.byte(0x18);
  w.varint(count);
  w.close(value);
  w.close(mark);
}

function putEvents(r: JsonReader, w: Writer, start: Time): void {
  r.array('events');
  while (r.element('events')) {
    const places = placesOf(r, f.eventNames, 'an event');
    const behind = r.at;
    const mark = w.open(0x5a);
    let time = start;
    if (goTo(r, places, f.EVENT_TIME)) {
      readTime(r, 'the time of an event');
      time = timeRead();
    }
    w.byte(0x09);
    w.fixed64(time.high, time.low);
    if (goTo(r, places, f.EVENT_NAME)) {
      if (r.peek() !== 0x22) r.reject('InvalidSpan', 'the name of an event is not a string');
      r.string();
      w.field(0x12, r.text, r.from, r.to);
    }
    if (goTo(r, places, f.EVENT_ATTRIBUTES)) putObject(r, w, 0x1a, 'the attributes of an event');
    w.close(mark);
    r.at = behind;
    r.inside(false);
  }
}

function putLinks(r: JsonReader, w: Writer): void {
  r.array('links');
  while (r.element('links')) {
    const places = placesOf(r, f.monocleNames, 'a link');
    const behind = r.at;
    const context = goTo(r, places, f.CONTEXT) ? placesOf(r, f.monocleNames, 'context') : new Map<number, number>();
    const mark = w.open(0x6a);
    const id = new Uint8Array(TRACE_ID);
    if (either(r, places, context, f.TRACE) && readMonocleId(r, 'trace id of a link', TRACE_ID, id) === 'ok') w.field(0x0a, id);
    if (either(r, places, context, f.SPAN) && readMonocleId(r, 'span id of a link', SPAN_ID, id) === 'ok') w.field(0x12, id, 0, SPAN_ID);
    if (goTo(r, places, f.ATTRIBUTES)) putObject(r, w, 0x22, 'the attributes of a link');
    w.close(mark);
    r.at = behind;
    r.inside(false);
  }
}

/** A description belongs to errors only; old files write "OK" into it. */
function putStatus(r: JsonReader, w: Writer): void {
  let code = 0;
  let message: Uint8Array | undefined;
  if (r.peek() === 0x7b) {
    r.object('status');
    for (let field = r.field(f.statusNames); field !== END; field = r.field(f.statusNames)) {
      if (field === f.STATUS_CODE) code = readStatusCode(r);
      else if (field === f.STATUS_MESSAGE && r.peek() === 0x22) {
        r.string();
        message = r.text.slice(r.from, r.to);
      } else r.skip();
    }
  } else code = readStatusCode(r);
  const mark = w.open(0x7a);
  if (code === 2 && message && message.length > 0) w.field(0x12, message);
  if (code > 0) {
    w.byte(0x18);
    w.byte(code);
  }
  w.close(mark);
}

function putFlags(r: JsonReader, w: Writer, present: boolean): void {
  if (!present || r.peek() === 0x22) return;
  r.number('trace_flags');
  const flags = Number(r.value) & 0xff;
  if (flags === 0) return;
  w.byte(0x85);
  w.byte(0x01);
  w.fixed32(flags);
}
