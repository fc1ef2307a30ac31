import type { XRayClient } from '@aws-sdk/client-xray';
import {
  BatchGetTracesCommand,
  GetTraceSummariesCommand,
  ListRetrievedTracesCommand,
  StartTraceRetrievalCommand,
} from '@aws-sdk/client-xray';
import { fail } from '../../api/failure.ts';
import type { Clock } from '../../std/clock.ts';
import { incomplete } from '../slices/exchange.ts';
import type { Slice } from '../slices/grid.ts';
import { type Found, unreadable } from '../slices/otlp.ts';
import type { Pace } from '../slices/store.ts';
import { segmentOf } from './document.ts';
import { retrieved } from './retrieved.ts';
import { type Mapping, mapped } from './spans.ts';

/** Makes one call: within the budget, and again where trouble passes. */
export type Ask = <Answer>(
  action: Action,
  pace: Pace,
  call: (client: XRayClient, abortSignal: AbortSignal) => Promise<Answer>,
) => Promise<Answer>;

export type Action = 'xray:GetTraceSummaries' | 'xray:BatchGetTraces' | 'xray:StartTraceRetrieval' | 'xray:ListRetrievedTraces';

export type Reading = Mapping & { readonly filter?: string | undefined };

/** X-Ray takes so many ids at once. */
const BATCH = 5;
const RETRIEVAL = 100;
/** How often ids are asked for that X-Ray has not processed. */
const ROUNDS = 6;
const POLL_MS = 2_000;
const MOST_POLLS = 120;

/** All traces that were updated in a slice, whole. */
export async function* pull(
  ask: Ask,
  reading: Reading,
  slice: Slice,
  pace: Pace,
  clock: Clock,
): AsyncGenerator<readonly Found[], void, undefined> {
  for await (const ids of summaries(ask, expressionOf(reading), slice, pace)) {
    const missing: string[] = [];
    for (let at = 0; at < ids.length; at += BATCH) {
      const batch = ids.slice(at, at + BATCH);
      const found = yield* segments(ask, batch, reading, pace, clock);
      missing.push(...batch.filter((id) => !found.has(id)));
    }
    for (let at = 0; at < missing.length; at += RETRIEVAL)
      yield* retrieval(ask, missing.slice(at, at + RETRIEVAL), reading, slice, pace, clock);
  }
}

/** Costs one request, and needs the same right as everything else. */
export async function probe(ask: Ask, reading: Reading, now: number, pace: Pace): Promise<void> {
  const filter = expressionOf(reading);
  const input = { StartTime: new Date(now - 1_000), EndTime: new Date(now), ...(filter !== undefined && { FilterExpression: filter }) };
  await ask('xray:GetTraceSummaries', pace, (client, abortSignal) => client.send(new GetTraceSummariesCommand(input), { abortSignal }));
}

/** `service("…")` compares exactly; a filter of the source holds beside it. */
export function expressionOf({ service, filter }: Pick<Reading, 'service' | 'filter'>): string | undefined {
  const parts = [
    service !== undefined && `service("${service}")`,
    filter !== undefined && (service === undefined ? filter : `(${filter})`),
  ];
  return parts.filter((part) => part !== false).join(' AND ') || undefined;
}

/** Ids of the traces, page by page. Traces are asked for by the time of their last update, so a late segment brings its trace again. */
async function* summaries(
  ask: Ask,
  filter: string | undefined,
  { from, to }: Slice,
  pace: Pace,
): AsyncGenerator<readonly string[], void, undefined> {
  const range = { StartTime: new Date(from), EndTime: new Date(to), TimeRangeType: 'Event' as const, Sampling: false };
  let NextToken: string | undefined;
  do {
    const input = { ...range, ...(filter !== undefined && { FilterExpression: filter }), ...(NextToken !== undefined && { NextToken }) };
    const page = await ask('xray:GetTraceSummaries', pace, (client, abortSignal) =>
      client.send(new GetTraceSummariesCommand(input), { abortSignal }),
    );
    yield (page.TraceSummaries ?? []).flatMap(({ Id }) => Id ?? []);
    if (page.NextToken && page.NextToken === NextToken) fail('StoreProtocolError', 'X-Ray: the pages do not move on');
    NextToken = page.NextToken || undefined;
  } while (NextToken !== undefined);
}

/** The segments of up to five traces; returns the ids that X-Ray knows segments of. What it did not process is asked for again. */
async function* segments(
  ask: Ask,
  ids: readonly string[],
  mapping: Mapping,
  pace: Pace,
  clock: Clock,
): AsyncGenerator<readonly Found[], ReadonlySet<string>, undefined> {
  const known = new Set<string>();
  let left = ids;
  for (let round = 0; left.length > 0; round++) {
    if (round === ROUNDS) throw incomplete('X-Ray', `${left.join(', ')} stayed unprocessed`);
    if (round > 0) await clock.sleep(round * 1_000, pace.signal);
    const unprocessed: string[] = [];
    let NextToken: string | undefined;
    do {
      const input = { TraceIds: [...left], ...(NextToken !== undefined && { NextToken }) };
      const page = await ask('xray:BatchGetTraces', pace, (client, abortSignal) =>
        client.send(new BatchGetTracesCommand(input), { abortSignal }),
      );
      for (const { Id = '', LimitExceeded = false, Segments = [] } of page.Traces ?? []) {
        if (Segments.length > 0) known.add(Id);
        yield Segments.flatMap(({ Id: id = '', Document = '' }) => {
          const segment = segmentOf(Document);
          return segment ? mapped(Id, LimitExceeded, segment, mapping) : unreadable(`segment ${id} of ${Id}`);
        });
      }
      unprocessed.push(...(page.UnprocessedTraceIds ?? []));
      NextToken = page.NextToken || undefined;
    } while (NextToken !== undefined);
    for (const id of unprocessed) known.delete(id);
    left = [...new Set(unprocessed)];
  }
  return known;
}

/** Traces of which X-Ray has a summary and no segment: where Transaction Search is on, their spans are in CloudWatch. */
async function* retrieval(
  ask: Ask,
  ids: readonly string[],
  mapping: Mapping,
  { from, to }: Slice,
  pace: Pace,
  clock: Clock,
): AsyncGenerator<readonly Found[], void, undefined> {
  // A trace that was updated in the slice may have begun long before.
  const input = { TraceIds: [...ids], StartTime: new Date(from - 3_600_000), EndTime: new Date(to) };
  const { RetrievalToken } = await ask('xray:StartTraceRetrieval', pace, (client, abortSignal) =>
    client.send(new StartTraceRetrievalCommand(input), { abortSignal }),
  );
  let NextToken: string | undefined;
  for (let polls = 0; ; ) {
    const query = { RetrievalToken, TraceFormat: 'OTEL' as const, ...(NextToken !== undefined && { NextToken }) };
    const page = await ask('xray:ListRetrievedTraces', pace, (client, abortSignal) =>
      client.send(new ListRetrievedTracesCommand(query), { abortSignal }),
    );
    const status = page.RetrievalStatus ?? 'FAILED';
    if (status === 'SCHEDULED' || status === 'RUNNING') {
      if (++polls > MOST_POLLS) throw incomplete('X-Ray', 'a retrieval of Transaction Search did not end');
      await clock.sleep(POLL_MS, pace.signal);
      continue;
    }
    if (status !== 'COMPLETE') throw incomplete('X-Ray', `a retrieval of Transaction Search ended as ${status}`);
    for (const { Id = '', Spans = [] } of page.Traces ?? [])
      yield Spans.flatMap(({ Id: id = '', Document = '' }) => retrieved(Id, id, Document, mapping) ?? []);
    NextToken = page.NextToken || undefined;
    if (NextToken === undefined) return;
  }
}
