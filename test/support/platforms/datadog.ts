import { type Answer, type Call, jsonServer } from './http.ts';
import { type PlatformServer, type SentSpan, shown } from './platform.ts';

export const datadogKeys = { apiKey: 'a'.repeat(32), appKey: 'b'.repeat(40) } as const;

/** An application key of the same organisation that may not read spans. */
export const blindAppKey = 'c'.repeat(40);

const PERIOD_S = 3_600;

/** The span search of Datadog in its documented shape: keys, query, pages by cursor, rate limit headers. */
export async function startDatadogServer(
  now: () => number,
  { limit = 300, pageCap = 1_000 }: { readonly limit?: number; readonly pageCap?: number } = {},
): Promise<PlatformServer> {
  const spans: SentSpan[] = [];
  let [spent, periodAt] = [0, now()];

  const allowance = () => {
    if (now() - periodAt >= PERIOD_S * 1_000) [spent, periodAt] = [0, now()];
    const reset = Math.ceil((periodAt + PERIOD_S * 1_000 - now()) / 1_000);
    return { 'x-ratelimit-limit': `${limit}`, 'x-ratelimit-period': `${PERIOD_S}`, 'x-ratelimit-reset': `${reset}` };
  };

  const answer = ({ method, url, headers }: Call): Answer => {
    if (method !== 'GET' || url.pathname !== '/api/v2/spans/events') return { status: 404, body: { errors: ['Not found'] } };
    if (headers['dd-api-key'] !== datadogKeys.apiKey) return { status: 401, body: { errors: ['Unauthorized'] } };
    if (headers['dd-application-key'] !== datadogKeys.appKey) return { status: 403, body: { errors: ['Forbidden'] } };
    const headersOut = allowance();
    if (spent >= limit)
      return { status: 429, body: { errors: ['Too many requests'] }, headers: { ...headersOut, 'x-ratelimit-remaining': '0' } };
    spent++;
    return { status: 200, body: found(url.searchParams), headers: { ...headersOut, 'x-ratelimit-remaining': `${limit - spent}` } };
  };

  const found = (query: URLSearchParams) => {
    const [from, to] = [Number(query.get('filter[from]')), Number(query.get('filter[to]'))];
    const service = /^service:"(.*)"$/.exec(query.get('filter[query]') ?? '')?.[1];
    const size = Math.min(Number(query.get('page[limit]') ?? 10), pageCap);
    const at = Number(Buffer.from(query.get('page[cursor]') ?? '', 'base64').toString() || 0);
    const all = shown(spans, now())
      .filter(({ start }) => start >= from && start <= to)
      .filter((span) => service === undefined || span.service.toLowerCase() === service.toLowerCase())
      .sort((a, b) => a.start - b.start || (a.spanId < b.spanId ? -1 : 1));
    const more = at + size < all.length;
    return {
      data: all.slice(at, at + size).map(shape),
      meta: {
        elapsed: 12,
        request_id: 'AwAAAYkGkCVkAADf',
        status: 'done',
        ...(more && { page: { after: Buffer.from(String(at + size)).toString('base64') } }),
      },
    };
  };

  return { ...(await jsonServer(answer)), send: (...sent) => void spans.push(...sent) };
}

const decimal = (hex: string): string => BigInt(`0x${hex}`).toString();

const shape = (span: SentSpan) => ({
  id: `AYkGkCVkAADf${span.spanId}`,
  type: 'spans',
  attributes: {
    trace_id: decimal(span.traceId.slice(16)),
    span_id: decimal(span.spanId),
    parent_id: span.parentSpanId === undefined ? '0' : decimal(span.parentSpanId),
    start_timestamp: new Date(span.start).toISOString(),
    end_timestamp: new Date(span.start + span.durationMs).toISOString(),
    resource_name: span.name,
    service: span.service,
    env: 'prod',
    host: 'i-0a1b2c3d',
    type: 'web',
    single_span: false,
    ingestion_reason: 'auto',
    tags: span.isGarbled ? 'kube_namespace:checkout' : ['kube_namespace:checkout', 'team:payments'],
    custom: { duration: span.durationMs * 1_000_000, '_dd.p.tid': span.traceId.slice(0, 16), ...span.attributes },
  },
});
