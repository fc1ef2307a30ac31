import { fail } from '../../api/failure.ts';
import { recordIn, textIn } from '../fields.ts';
import { commonRefusal, incomplete, type Peer, page } from '../slices/exchange.ts';
import type { Slice } from '../slices/grid.ts';
import type { Found } from '../slices/otlp.ts';
import type { Pace } from '../slices/store.ts';
import { eventsQuery, type Keyset, PAGE_ROWS, spansQuery } from './query.ts';
import { queryAnswer, type Row, rowsOf, textAt } from './rows.ts';
import { found } from './spans.ts';

/** 200 queries in half a minute for a user, of which others may want some, too. */
export const allowance = { requests: 100, perMs: 30_000 } as const;

/** A slice with more events than this is not read, rather than read in part. */
const MOST_EVENTS = 200_000;

/** The rows of one query. A result that the service calls partial is none. */
export async function rows(peer: Peer, workspace: string, query: string, pace: Pace): Promise<readonly Row[]> {
  const body = await page(peer, `/v1/workspaces/${encodeURIComponent(workspace)}/query?${new URLSearchParams({ query })}`, pace);
  // No content is no rows.
  const answer = queryAnswer.safeParse(body ?? {});
  if (!answer.success) fail('StoreProtocolError', `${new URL(peer.origin).host} does not answer like Azure Monitor`);
  const { error } = answer.data;
  if (error) throw incomplete('Azure Monitor', [error.code, error.message].filter(Boolean).join(': '));
  return rowsOf(answer.data);
}

export type Reading = {
  readonly workspaceId: string;
  readonly service?: string | undefined;
  readonly appTraces: boolean;
  readonly inferStepTypes: boolean;
};

/** All spans that were ingested in a slice, with the events that are known of them by now. */
export async function* pull(peer: Peer, reading: Reading, slice: Slice, pace: Pace): AsyncGenerator<readonly Found[], void, undefined> {
  const { workspaceId, service, inferStepTypes } = reading;
  const events = await eventsOf(peer, reading, slice, pace);
  // From here on the slice has begun: what was paid for is not given up any more.
  yield [];
  for (let after: Keyset | undefined, isMore = true; isMore; ) {
    const its = await rows(peer, workspaceId, spansQuery(slice, service, after), pace);
    yield its.map((row) => found(row, events.get(textAt(row, 'Id') ?? '') ?? [], inferStepTypes));
    const last = its.at(-1);
    isMore = last !== undefined && its.length >= PAGE_ROWS;
    if (last) after = keysetOf(last);
  }
}

/** A row that has no place in the order cannot end a page. */
function keysetOf(row: Row): Keyset {
  const [ingestedAt, id] = [textAt(row, 'IngestedAt'), textAt(row, 'Id')];
  if (ingestedAt === undefined || id === undefined || /["\\]/.test(id))
    fail('StoreProtocolError', 'Azure Monitor: the pages do not move on');
  return { ingestedAt, id };
}

async function eventsOf(
  peer: Peer,
  { workspaceId, service, appTraces }: Reading,
  slice: Slice,
  pace: Pace,
): Promise<ReadonlyMap<string, readonly Row[]>> {
  const all: Row[] = [];
  for (let isMore = true; isMore; ) {
    const its = await rows(peer, workspaceId, eventsQuery(slice, service, appTraces, all.length), pace);
    all.push(...its);
    isMore = its.length >= PAGE_ROWS;
    if (all.length > MOST_EVENTS) fail('ExpansionLimit', `the spans of ${slice.key} have over ${MOST_EVENTS} exceptions and traces`);
  }
  return Map.groupBy(all, (row) => textAt(row, 'ParentId') ?? '');
}

/** `{"error": {"code": …, "message": …, "innererror": {"message": …}}}` */
export function said(body: unknown): string | undefined {
  const error = recordIn(body, 'error');
  const inner = recordIn(error, 'innererror');
  return [textIn(error, 'code'), textIn(inner, 'message') ?? textIn(error, 'message')].filter(Boolean).join(': ');
}

/** What an answer means. */
export const refusedBy =
  (workspace: string): Peer['refused'] =>
  (refusal) =>
    commonRefusal(refusal, {
      platform: 'Azure Monitor',
      place: `workspace ${workspace}`,
      credential: 'the token of the operator',
      grant: `the operator needs the role Log Analytics Reader on workspace ${workspace}; a role that was just assigned may take up to an hour`,
    });
