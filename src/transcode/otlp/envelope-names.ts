import { names, spellings } from '../json/names.ts';

export const RESOURCE_SPANS = 1;
export const RESOURCE = 2;
export const SCOPE_SPANS = 3;
export const SCHEMA_URL = 4;
export const WRAPPER = 5;
const LOGS = 6;
const METRICS = 7;
const PROFILES = 8;
const SCOPE_LOGS = 9;
const SCOPE_METRICS = 10;
const SCOPE_PROFILES = 11;

/** A document, and also a ResourceSpans: some writers leave the envelope out. */
export const documentNames = names(
  {
    ...spellings('resourceSpans', RESOURCE_SPANS),
    batches: RESOURCE_SPANS,
    ...spellings('resource', RESOURCE),
    ...spellings('scopeSpans', SCOPE_SPANS),
    ...spellings('instrumentationLibrarySpans', SCOPE_SPANS),
    ...spellings('schemaUrl', SCHEMA_URL),
    trace: WRAPPER,
    result: WRAPPER,
    ...spellings('resourceLogs', LOGS),
    ...spellings('resourceMetrics', METRICS),
    ...spellings('resourceProfiles', PROFILES),
    ...spellings('scopeLogs', SCOPE_LOGS),
    ...spellings('scopeMetrics', SCOPE_METRICS),
    ...spellings('scopeProfiles', SCOPE_PROFILES),
  },
  [RESOURCE_SPANS, SCOPE_SPANS, LOGS, METRICS, PROFILES, SCOPE_LOGS, SCOPE_METRICS, SCOPE_PROFILES],
);

export const SCOPE = 1;
export const SPANS = 2;
export const URL = 3;

export const scopeSpansNames = names(
  {
    ...spellings('scope', SCOPE),
    ...spellings('instrumentationLibrary', SCOPE),
    ...spellings('spans', SPANS),
    ...spellings('schemaUrl', URL),
  },
  [SPANS],
);

/** How the records of other signals are reached, and what they are called. */
export const signals = {
  [LOGS]: { what: 'log records', path: ['scopeLogs', 'logRecords'] },
  [METRICS]: { what: 'metrics', path: ['scopeMetrics', 'metrics'] },
  [PROFILES]: { what: 'profiles', path: ['scopeProfiles', 'profiles'] },
  [SCOPE_LOGS]: { what: 'log records', path: ['logRecords'] },
  [SCOPE_METRICS]: { what: 'metrics', path: ['metrics'] },
  [SCOPE_PROFILES]: { what: 'profiles', path: ['profiles'] },
} as const satisfies Record<number, { what: string; path: readonly string[] }>;

export type SignalCode = keyof typeof signals;
