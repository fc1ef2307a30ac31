import { type Answer, type Call, jsonServer } from './http.ts';
import { arrival, type PlatformServer, type SentSpan, shown } from './platform.ts';

const error = (status: number, code: string, message: string): Answer => ({
  status,
  body: { message },
  headers: { 'x-amzn-errortype': code },
});

export type XrayAccess = (accessKeyId: string, action: string) => 'granted' | 'denied' | 'unknown';

/** Beside what every platform does, X-Ray leaves ids unprocessed, and may have no more than a summary of a trace. */
export type XrayServer = PlatformServer & {
  /** BatchGetTraces leaves these ids unprocessed so many times. */
  readonly leaveUnprocessed: (times: number) => void;
  /** From now on spans are found by Transaction Search alone. */
  readonly searchTransactions: (on: boolean) => void;
};

/** The calls of X-Ray that read traces, in their documented shape. It knows access keys, and no signature. */
export async function startXrayServer(
  now: () => number,
  { pageCap = 20, access = () => 'granted' as const }: { pageCap?: number; access?: XrayAccess } = {},
): Promise<XrayServer> {
  const spans: SentSpan[] = [];
  const retrievals = new Map<string, { readonly ids: readonly string[]; polls: number }>();
  let unprocessed = 0;
  let isSearching = false;

  const answer = ({ method, url, headers, body }: Call): Answer => {
    const action = actions[`${method} ${url.pathname}`];
    if (action === undefined) return error(404, 'UnknownOperationException', 'no such operation');
    const keyId = /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
    const verdict = access(keyId, action);
    if (verdict === 'unknown') return error(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.');
    if (verdict === 'denied') return error(403, 'AccessDeniedException', `User ${keyId} is not authorized to perform: xray:${action}`);
    return calls[action]?.(body as never) ?? error(404, 'UnknownOperationException', 'no such operation');
  };

  const calls: Readonly<Record<string, (body: never) => Answer>> = {
    GetTraceSummaries: ({ StartTime, EndTime, TimeRangeType, FilterExpression = '', NextToken = '' }: Summaries) => {
      const [, service] = /^service\("([^"]+)"\)/.exec(FilterExpression) ?? [];
      if (FilterExpression !== '' && service === undefined)
        return error(400, 'InvalidRequestException', `Invalid filter ${FilterExpression}`);
      const isIn = (span: SentSpan) => {
        const at = TimeRangeType === 'Event' ? arrival(span) : span.start;
        return at >= StartTime * 1_000 && at <= EndTime * 1_000;
      };
      const ids = [...Map.groupBy(arrivedBy(now()), ({ traceId }) => traceId)]
        .filter(([, its]) => its.some(isIn) && (service === undefined || its.some((span) => span.service === service)))
        .map(([traceId]) => nativeId(traceId))
        .sort()
        .reverse();
      const at = Number(NextToken || 0);
      const more = at + pageCap < ids.length ? { NextToken: String(at + pageCap) } : {};
      return {
        status: 200,
        body: { TraceSummaries: ids.slice(at, at + pageCap).map((Id) => ({ Id })), ApproximateTime: EndTime, ...more },
      };
    },
    BatchGetTraces: ({ TraceIds }: { TraceIds: readonly string[] }) => {
      if (TraceIds.length > 5) return error(400, 'InvalidRequestException', 'at most 5 trace ids');
      const left = unprocessed > 0 ? TraceIds.slice(-1) : [];
      if (unprocessed > 0) unprocessed--;
      const Traces = TraceIds.filter((id) => !left.includes(id)).flatMap((Id) => {
        const its = isSearching ? [] : segmentsOf(Id);
        return its.length === 0
          ? []
          : [
              {
                Id,
                Duration: 1,
                LimitExceeded: false,
                Segments: its.map((span) => ({ Id: span.spanId, Document: documentOf(span, segment) })),
              },
            ];
      });
      return { status: 200, body: { Traces, UnprocessedTraceIds: left } };
    },
    StartTraceRetrieval: ({ TraceIds }: { TraceIds: readonly string[] }) => {
      const RetrievalToken = `retrieval-${retrievals.size}`;
      retrievals.set(RetrievalToken, { ids: TraceIds, polls: 0 });
      return { status: 200, body: { RetrievalToken } };
    },
    ListRetrievedTraces: ({ RetrievalToken, TraceFormat }: { RetrievalToken: string; TraceFormat: string }) => {
      const retrieval = retrievals.get(RetrievalToken);
      if (!retrieval || TraceFormat !== 'OTEL') return error(404, 'ResourceNotFoundException', 'no such retrieval');
      if (retrieval.polls++ === 0) return { status: 200, body: { RetrievalStatus: 'RUNNING', TraceFormat, Traces: [] } };
      const Traces = retrieval.ids.map((Id) => ({
        Id,
        Spans: segmentsOf(Id).map((span) => ({ Id: span.spanId, Document: documentOf(span, otel) })),
      }));
      return { status: 200, body: { RetrievalStatus: 'COMPLETE', TraceFormat, Traces } };
    },
  };

  const arrivedBy = (moment: number): readonly SentSpan[] => spans.filter((span) => arrival(span) <= moment);
  const segmentsOf = (id: string) => shown(spans, now()).filter(({ traceId }) => nativeId(traceId) === id);

  return {
    ...(await jsonServer(answer)),
    send: (...sent) => void spans.push(...sent),
    leaveUnprocessed: (times) => {
      unprocessed = times;
    },
    searchTransactions: (on) => {
      isSearching = on;
    },
  };
}

type Summaries = {
  readonly StartTime: number;
  readonly EndTime: number;
  readonly TimeRangeType?: string;
  readonly FilterExpression?: string;
  readonly NextToken?: string;
};

const actions: Readonly<Record<string, string>> = {
  'POST /TraceSummaries': 'GetTraceSummaries',
  'POST /Traces': 'BatchGetTraces',
  'POST /StartTraceRetrieval': 'StartTraceRetrieval',
  'POST /ListRetrievedTraces': 'ListRetrievedTraces',
};

const nativeId = (traceId: string): string => `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;

/** A segment of the service that the span belongs to. */
export const segment = (span: SentSpan) => ({
  trace_id: nativeId(span.traceId),
  id: span.spanId,
  ...(span.parentSpanId !== undefined && { parent_id: span.parentSpanId }),
  name: span.service,
  start_time: span.start / 1_000,
  end_time: (span.start + span.durationMs) / 1_000,
  http: { request: { method: 'GET', url: `https://shop.example/${span.name.replace(/^GET \//, '')}` }, response: { status: 200 } },
  ...(span.attributes && { annotations: span.attributes }),
});

const documentOf = (span: SentSpan, shape: (span: SentSpan) => object): string =>
  span.isGarbled ? '{"id": ' : JSON.stringify(shape(span));

const otel = (span: SentSpan) => ({
  resource: { attributes: { 'service.name': span.service } },
  scope: { name: 'aws-distro' },
  traceId: span.traceId,
  spanId: span.spanId,
  name: span.name,
  kind: 'SERVER',
  startTimeUnixNano: span.start * 1_000_000,
  endTimeUnixNano: (span.start + span.durationMs) * 1_000_000,
  attributes: span.attributes ?? {},
  status: { code: 'UNSET' },
});
