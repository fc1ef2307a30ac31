import { type Failure, fail } from '../../api/failure.ts';
import { recordIn, textIn } from '../fields.ts';
import { commonRefusal, type Peer, page, type Refusal } from '../slices/exchange.ts';
import type { Slice } from '../slices/grid.ts';
import type { Found } from '../slices/otlp.ts';
import type { Pace } from '../slices/store.ts';
import { mapped, serviceLabels, tracesAnswer } from './spans.ts';

/** 300 units a minute; a listing costs 25, a single trace one, which is far below what a listing leaves over. */
export const allowance = { requests: 12, perMs: 60_000 } as const;

const PAGE_TRACES = 100;

/** One page of whole traces. `+` before a label asks for exactly this value; quotes let it have spaces and colons. */
export async function traces(peer: Peer, project: string, query: Query, pace: Pace, pageToken?: string) {
  const { from, to, label, service, view = 'COMPLETE', pageSize = PAGE_TRACES } = query;
  const parameters = new URLSearchParams({
    view,
    pageSize: String(pageSize),
    startTime: new Date(from).toISOString(),
    // The last nanosecond is part of what is asked for.
    endTime: `${new Date(to - 1_000).toISOString().slice(0, 19)}.999999999Z`,
    ...(label !== undefined && { filter: `+${label}:"${service}"` }),
    ...(pageToken !== undefined && { pageToken }),
  });
  const answer = tracesAnswer.safeParse((await page(peer, `/v1/projects/${encodeURIComponent(project)}/traces?${parameters}`, pace)) ?? {});
  if (!answer.success) fail('StoreProtocolError', `${new URL(peer.origin).host} does not answer like Cloud Trace`);
  return { traces: answer.data.traces ?? [], next: answer.data.nextPageToken || undefined };
}

type Query = Pick<Slice, 'from' | 'to'> & {
  readonly label?: string | undefined;
  readonly service?: string | undefined;
  readonly view?: 'COMPLETE' | 'MINIMAL';
  readonly pageSize?: number;
};

/** All traces that reach into a slice. A service is named by one label or another, so each is asked for. */
export async function* pull(
  peer: Peer,
  {
    project,
    service,
    inferStepTypes,
  }: { readonly project: string; readonly service?: string | undefined; readonly inferStepTypes: boolean },
  slice: Slice,
  pace: Pace,
): AsyncGenerator<readonly Found[], void, undefined> {
  for (const label of service === undefined ? [undefined] : serviceLabels) {
    let pageToken: string | undefined;
    do {
      const { traces: found, next } = await traces(peer, project, { ...slice, label, service }, pace, pageToken);
      if (next !== undefined && next === pageToken) fail('StoreProtocolError', 'Cloud Trace: the pages do not move on');
      yield found.flatMap((trace) => mapped(trace, service, inferStepTypes));
      pageToken = next;
    } while (pageToken !== undefined);
  }
}

/** `{"error": {"message": …, "status": …}}` */
export function said(body: unknown): string | undefined {
  const error = recordIn(body, 'error');
  return [textIn(error, 'status'), textIn(error, 'message')].filter(Boolean).join(': ');
}

/** What an answer means. */
export const refusedBy =
  (project: string, who: () => Promise<string | undefined>) =>
  async (refusal: Refusal): Promise<Failure> =>
    commonRefusal(refusal, {
      platform: 'Cloud Trace',
      place: `project ${project}`,
      credential: `the token of ${(await who()) ?? 'an anonymous caller'}`,
      grant: `${(await who()) ?? 'an anonymous caller'} needs cloudtrace.traces.list (role Cloud Trace User or Viewer) on project ${project}`,
    });
