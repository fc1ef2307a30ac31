import type { IncomingHttpHeaders } from 'node:http';
import { fail } from '../../api/failure.ts';
import { textIn } from '../fields.ts';
import type { Allowance } from '../slices/budget.ts';
import { commonRefusal, incomplete, type Peer, page } from '../slices/exchange.ts';
import type { Slice } from '../slices/grid.ts';
import type { Found } from '../slices/otlp.ts';
import type { Pace } from '../slices/store.ts';
import { holding, type UpperHalves } from './halves.ts';
import { mapped, searchAnswer, spansIn } from './spans.ts';

/** 300 requests an hour, of the whole organisation. */
export const allowance = { requests: 300, perMs: 3_600_000 } as const;

const PAGE_SPANS = 1_000;

/** One page of spans. GET and POST of this search give the same; GET shows that nothing is written. */
export async function search(peer: Peer, query: string, from: number, to: number, pace: Pace, limit = PAGE_SPANS, cursor?: string) {
  const parameters = new URLSearchParams({
    'filter[query]': query,
    'filter[from]': String(from),
    // The last millisecond is part of what is asked for.
    'filter[to]': String(to - 1),
    sort: 'timestamp',
    'page[limit]': String(limit),
    ...(cursor !== undefined && { 'page[cursor]': cursor }),
  });
  const answer = searchAnswer.safeParse(await page(peer, `/api/v2/spans/events?${parameters}`, pace));
  if (!answer.success) fail('StoreProtocolError', `${new URL(peer.origin).host} does not answer like Datadog`);
  const { data, meta, links } = answer.data;
  if (meta?.status === 'timeout') throw incomplete('Datadog', 'the search ran out of time');
  const after =
    meta?.page?.after ?? (links?.next ? (new URL(links.next, peer.origin).searchParams.get('page[cursor]') ?? undefined) : undefined);
  return { ...spansIn(data ?? []), after: after ?? undefined };
}

export type Reading = { readonly service?: string | undefined; readonly inferStepTypes: boolean; readonly upper: UpperHalves };

/** All spans of a slice. The search compares services without regard to case, so they are compared once more here. */
export async function* pull(
  peer: Peer,
  { service, inferStepTypes, upper }: Reading,
  { from, to }: Slice,
  pace: Pace,
): AsyncGenerator<readonly Found[], void, undefined> {
  const hold = holding(upper);
  let cursor: string | undefined;
  do {
    const { spans, strange, after } = await search(peer, queryOf(service), from, to, pace, PAGE_SPANS, cursor);
    if (after !== undefined && after === cursor) fail('StoreProtocolError', 'Datadog: the pages do not move on');
    const wanted = spans.filter((span) => service === undefined || span.service === service);
    const ready = hold(wanted, after === undefined);
    yield [...strange, ...ready.map((span) => mapped(span, upper.get(span.trace_id), inferStepTypes))];
    cursor = after;
  } while (cursor !== undefined);
}

export const queryOf = (service: string | undefined): string => (service === undefined ? '*' : `service:"${service}"`);

/** `X-RateLimit-*`: what is left for everybody who asks with keys of this organisation. */
export function allowanceIn(headers: IncomingHttpHeaders): Allowance {
  const [remaining, reset] = [numberOf(headers['x-ratelimit-remaining']), numberOf(headers['x-ratelimit-reset'])];
  return { ...(remaining !== undefined && { remaining }), ...(reset !== undefined && { resetMs: reset * 1_000 }) };
}

function numberOf(header: string | readonly string[] | undefined): number | undefined {
  const value = Number(header);
  return header !== undefined && header !== '' && Number.isFinite(value) ? value : undefined;
}

/** `{"errors": ["Forbidden"]}`, or the JSON:API form of it. */
export function said(body: unknown): string | undefined {
  const errors = body instanceof Object && 'errors' in body && Array.isArray(body.errors) ? body.errors : [];
  return errors.map((each) => (typeof each === 'string' ? each : (textIn(each, 'detail') ?? textIn(each, 'title') ?? ''))).join(', ');
}

/** What an answer means. `site` is what the keys have to belong to. */
export const refusedBy =
  (site: string): Peer['refused'] =>
  (refusal) =>
    commonRefusal(refusal, {
      platform: 'Datadog',
      place: `spans API at site ${site}`,
      credential: `the API key at site ${site}: a key belongs to one site, and API key and application key to one organisation`,
      grant: `the application key needs apm_read, and both keys have to be of site ${site}`,
    });
