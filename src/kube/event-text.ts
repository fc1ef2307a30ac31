import { redacted } from '../observability/redact.ts';
import type { KubeEvent } from './kinds.ts';
import type { KubeObject } from './meta.ts';

/** What happened to an object, for people. */
export type Happening = {
  readonly type: KubeEvent['type'];
  /** CamelCase, the same word as in conditions. */
  readonly reason: string;
  /** What the operator was doing: "Scan", "Ferry". */
  readonly action: string;
  readonly note: string;
};

/** The object an event is about. */
export type Regarding = { readonly apiVersion: string; readonly kind: string; readonly metadata: KubeObject['metadata'] };

const MAX_NOTE_BYTES = 1_024;

/** A note without secrets, in the length that API servers accept, cut between characters. */
export function noteText(text: string): string {
  const clean = redacted(text.slice(0, 8 * MAX_NOTE_BYTES)).replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, ' ');
  if (Buffer.byteLength(clean) <= MAX_NOTE_BYTES) return clean;
  const cut = Buffer.from(clean).subarray(0, MAX_NOTE_BYTES - 3);
  return `${cut.toString('utf8').replace(/\ufffd+$/, '')}…`;
}

/** API servers take any word here; people and dashboards rely on this form. */
export const isReason = (text: string): boolean => /^[A-Z][A-Za-z0-9]{0,127}$/.test(text);

/** Happenings with the same key are one series. Numbers in the note do not make a new one. */
export const seriesKey = ({ metadata }: Regarding, { type, reason, action, note }: Happening): string =>
  [metadata.uid, type, reason, action, note.replace(/\d[\d,.]*/g, '#')].join('\n');
