import type { Failure } from '../api/failure.ts';
import type { Reason } from '../api/reasons.ts';
import { type Rejection, type Sift, startSift } from './sift.ts';
import { nameOf, type SpanIndex } from './spans.ts';

/** One serialized ExportTraceServiceRequest, as transcode makes it. */
export type Batch = {
  readonly index: number;
  readonly body: Uint8Array;
  readonly spans: number;
  /** Before which spans another file begins, where several share the batch: what is refused is then refused file by file. */
  readonly joints?: readonly number[];
};

/** A batch of which a part may have arrived. Hand it to `send` again and nothing is sent twice. */
export type Consignment = {
  readonly batch: Batch;
  readonly sift: Sift;
  /** Requests made, and bytes of their bodies as they went over the wire. */
  readonly requests: number;
  readonly bytes: number;
  /** What the destination said although it took everything. */
  readonly warning?: string;
};

export const consign = (batch: Batch): Consignment => ({ batch, sift: startSift(batch.spans, batch.joints), requests: 0, bytes: 0 });

/** Spans that the destination will not take, counted by what it said. */
export type Rejected = { readonly reason: Reason; readonly message: string; readonly spans: number };

/** Spans that the destination refused, by where they stand: `from` (included) to `to` (excluded). */
export type Refused = Pick<Rejected, 'reason' | 'message'> & { readonly from: number; readonly to: number };

/** What became of a batch: counts for the record of its file. */
export type Tally = {
  readonly accepted: number;
  readonly rejectedSpans: number;
  /** At most 20 of them; `rejectedSpans` is exact. */
  readonly rejected: readonly Rejected[];
  /** Of a batch that several files share: whole files that it will not take. They are not among the rejected spans. */
  readonly refused?: readonly Refused[];
  readonly requests: number;
  readonly bytes: number;
  readonly warning?: string;
};

/** Why a batch came back before every span was decided. */
export type Ending =
  /** The destination is in trouble: keep `rest` or give the slot back, and send again after `ready`. No retry is used up. */
  | { readonly state: 'waiting'; readonly failure: Failure }
  /** The destination fails at this batch while others pass: the file pays with an attempt. */
  | { readonly state: 'failed'; readonly failure: Failure }
  /** The fence forbids to send: this worker may have lost its files to another. */
  | { readonly state: 'fenced' };

/** Done: every span was accepted or rejected. Otherwise `rest` is what to go on with. */
export type Outcome = ({ readonly state: 'done' } | (Ending & { readonly rest: Consignment })) & Tally;

const LISTED = 20;

/** The counts so far. `spans` is asked only where a rejected span can be named. */
export function tallyOf({ sift, requests, bytes, warning }: Consignment, spans: () => SpanIndex): Tally {
  const refused = sift.joints ? sift.rejected.flatMap(({ range, ...each }) => (range ? [{ ...each, range }] : [])) : [];
  const rejected = sift.joints ? sift.rejected.filter(({ range }) => !range) : sift.rejected;
  return {
    accepted: sift.accepted,
    rejectedSpans: rejected.reduce((sum, each) => sum + each.spans, 0),
    rejected: merged(rejected.map((each) => rejectedOf(each, spans))).slice(0, LISTED),
    ...(refused.length > 0 && { refused: refused.map((each) => ({ ...rejectedOf(each, spans), ...each.range })) }),
    requests,
    bytes,
    ...(warning !== undefined && { warning }),
  };
}

function rejectedOf({ reason, words, spans: count, range }: Rejection, spans: () => SpanIndex): Rejected {
  const span = count === 1 && range ? spans()[range.from] : undefined;
  const said = words === '' ? 'the destination does not say why' : words;
  return { reason, message: span ? `${nameOf(span)}: ${said}` : said, spans: count };
}

function merged(all: readonly Rejected[]): readonly Rejected[] {
  const byMessage = new Map<string, Rejected>();
  for (const each of all) {
    const same = byMessage.get(`${each.reason} ${each.message}`);
    byMessage.set(`${each.reason} ${each.message}`, same ? { ...same, spans: same.spans + each.spans } : each);
  }
  return [...byMessage.values()];
}
