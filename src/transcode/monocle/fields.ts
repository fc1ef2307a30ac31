import { names } from '../json/names.ts';

export const CONTEXT = 1;
export const TRACE = 2;
export const SPAN = 3;
export const PARENT = 4;
export const NAME = 5;
export const KIND = 6;
export const START = 7;
export const FINISH = 8;
export const STATUS = 9;
export const ATTRIBUTES = 10;
export const ENTITY = 11;
export const EVENTS = 12;
export const LINKS = 13;
export const RESOURCE = 14;
export const STATE = 15;
export const FLAGS = 16;
/** Arrays of spans: Okahu's wrapper and batch. */
export const SPANS = 17;

/** The fields of a span in all three dialects, and of the wrappers around spans. */
export const monocleNames = names({
  context: CONTEXT,
  trace_id: TRACE,
  traceId: TRACE,
  span_id: SPAN,
  spanId: SPAN,
  parent_id: PARENT,
  parent_span_id: PARENT,
  parentSpanId: PARENT,
  name: NAME,
  span_name: NAME,
  kind: KIND,
  start_time: START,
  end_time: FINISH,
  status: STATUS,
  attributes: ATTRIBUTES,
  entity: ENTITY,
  events: EVENTS,
  links: LINKS,
  resource: RESOURCE,
  trace_state: STATE,
  traceState: STATE,
  trace_flags: FLAGS,
  traceFlags: FLAGS,
  spans: SPANS,
  batch: SPANS,
});

export const STATUS_CODE = 1;
export const STATUS_MESSAGE = 2;
export const statusNames = names({
  status_code: STATUS_CODE,
  code: STATUS_CODE,
  description: STATUS_MESSAGE,
  message: STATUS_MESSAGE,
});

export const EVENT_NAME = 1;
export const EVENT_TIME = 2;
export const EVENT_ATTRIBUTES = 3;
export const eventNames = names({ name: EVENT_NAME, timestamp: EVENT_TIME, time: EVENT_TIME, attributes: EVENT_ATTRIBUTES });

export const SCHEMA_URL = 2;
export const resourceNames = names({ attributes: 1, schema_url: SCHEMA_URL, schemaUrl: SCHEMA_URL });
