import { type Answer, type Call, jsonServer } from './http.ts';
import { type PlatformServer, type SentSpan, shown } from './platform.ts';

const error = (code: number, status: string, message: string): Answer => ({ status: code, body: { error: { code, message, status } } });

/** Who may do what with which token; undefined lets everybody do everything. */
export type Access = (authorization: string | undefined) => 'granted' | 'denied' | 'unknown';

/** The listing of Cloud Trace v1 in its documented shape: whole traces in pages, by time and by label. */
export async function startCloudTraceServer(
  now: () => number,
  {
    pageCap = 100,
    access = () => 'granted' as const,
    project = 'acme-prod-4711',
  }: { pageCap?: number; access?: Access; project?: string } = {},
): Promise<PlatformServer> {
  const spans: SentSpan[] = [];

  const answer = ({ method, url, headers }: Call): Answer => {
    const [, asked] = /^\/v1\/projects\/([^/]+)\/traces$/.exec(url.pathname) ?? [];
    if (method !== 'GET' || asked === undefined) return error(404, 'NOT_FOUND', 'no such method');
    const may = access(headers.authorization);
    if (may === 'unknown') return error(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    if (may === 'denied') return error(403, 'PERMISSION_DENIED', 'The caller does not have permission');
    if (asked !== project) return error(404, 'NOT_FOUND', `Project ${asked} not found`);
    const body = found(url.searchParams);
    return body ? { status: 200, body } : error(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.');
  };

  const found = (query: URLSearchParams) => {
    const [from, to] = [Date.parse(query.get('startTime') ?? ''), Date.parse(query.get('endTime') ?? '')];
    const [, label, quoted, simple] = /^\+([^:]+):(?:"([^"\\]*)"|([a-zA-Z0-9./_][a-zA-Z0-9./_-]*))$/.exec(query.get('filter') ?? '') ?? [];
    const value = quoted ?? simple;
    if (query.has('filter') && label === undefined) return undefined;
    const traces = [...Map.groupBy(shown(spans, now()), ({ traceId }) => traceId)]
      .filter(([, its]) => its.some(({ start }) => start >= from && start <= to))
      .map(([traceId, its]) => ({ projectId: project, traceId, spans: its.map(shape) }))
      .filter(
        ({ spans }) =>
          label === undefined || spans.some(({ labels }) => Object.entries(labels).some(([key, of]) => key === label && of === value)),
      )
      .sort((a, b) => (a.traceId < b.traceId ? -1 : 1));
    const size = Math.min(Number(query.get('pageSize') || 100), pageCap);
    const at = Number(Buffer.from(query.get('pageToken') ?? '', 'base64').toString() || 0);
    if (traces.length === 0) return {};
    const next = at + size < traces.length ? { nextPageToken: Buffer.from(String(at + size)).toString('base64') } : {};
    return { traces: traces.slice(at, at + size), ...next };
  };

  return { ...(await jsonServer(answer)), send: (...sent) => void spans.push(...sent) };
}

const decimal = (hex: string): string => BigInt(`0x${hex}`).toString();
const time = (ms: number): string => new Date(ms).toISOString().replace('Z', '000000Z');

const shape = (span: SentSpan) => ({
  spanId: decimal(span.spanId),
  kind: 'RPC_SERVER',
  name: span.name,
  startTime: time(span.start),
  endTime: time(span.start + span.durationMs),
  ...(span.parentSpanId !== undefined && { parentSpanId: decimal(span.parentSpanId) }),
  ...(span.isGarbled && { startTime: 1_795_168_252 }),
  labels: { 'service.name': span.service, '/http/method': 'GET', '/agent': 'opentelemetry-js 2.1.0', ...span.attributes } as Record<
    string,
    string
  >,
});
