import { type Answer, type Call, jsonServer } from './http.ts';
import { arrival, type PlatformServer, type SentSpan } from './platform.ts';

const error = (status: number, code: string, message: string): Answer => ({ status, body: { error: { code, message } } });

type Access = (authorization: string | undefined) => 'granted' | 'denied' | 'expired' | 'unknown';

/** An exception or a trace that belongs to a span. */
export type SentEvent = {
  readonly table: 'AppExceptions' | 'AppTraces';
  readonly spanId: string;
  readonly message: string;
  readonly arrives: number;
};

export type AzureMonitorServer = PlatformServer & { readonly sendEvent: (event: SentEvent) => void };

type Row = Readonly<Record<string, unknown>>;

/**
 * The query API of Log Analytics in its documented shape. It does not know KQL: it takes out of a query what ours say, and refuses one in which
 * something of that is missing.
 */
export async function startAzureMonitorServer(
  now: () => number,
  { access = () => 'granted' as const, workspace = '11111111-2222-3333-4444-555555555555' }: { access?: Access; workspace?: string } = {},
): Promise<AzureMonitorServer> {
  const spans: SentSpan[] = [];
  const events: SentEvent[] = [];

  const answer = ({ method, url, headers }: Call): Answer => {
    const [, asked] = /^\/v1\/workspaces\/([^/]+)\/query$/.exec(url.pathname) ?? [];
    if (method !== 'GET' || asked === undefined) return error(404, 'PathNotFoundError', 'The requested path does not exist');
    const may = access(headers.authorization);
    if (may === 'expired') return error(401, 'InvalidTokenError', 'The provided authentication token has expired');
    if (may === 'unknown') return error(401, 'InvalidTokenError', 'The provided authentication token is invalid');
    if (may === 'denied') return error(403, 'InsufficientAccessError', 'The provided credentials have insufficient access');
    if (asked !== workspace) return error(404, 'WorkspaceNotFoundError', 'The workspace could not be found');
    const query = url.searchParams.get('query') ?? '';
    if (query.includes('AppRequests | take 1')) return table([]);
    const rows = query.startsWith('let spans') ? eventRows(query) : spanRows(query);
    if (rows === undefined) return error(400, 'BadArgumentError', 'The request had some invalid properties');
    // Nobody knows when the service answers so, but it does.
    return rows.length === 0 && spans.length % 2 === 1 ? { status: 204 } : table(rows);
  };

  const ingestedIn = (query: string): readonly SentSpan[] | undefined => {
    const [, from, to] = /IngestedAt >= datetime\(([^)]+)\) and IngestedAt < datetime\(([^)]+)\)/.exec(query) ?? [];
    if (from === undefined || to === undefined) return undefined;
    const service = /AppRoleName == "([^"]+)"/.exec(query)?.[1];
    return spans.filter((span) => {
      const at = arrival(span);
      return at <= now() && at >= Date.parse(from) && at < Date.parse(to) && (service === undefined || span.service === service);
    });
  };

  const spanRows = (query: string): readonly Row[] | undefined => {
    const take = Number(/take (\d+)/.exec(query)?.[1]);
    const [, after, id = ''] = /IngestedAt > datetime\(([^)]+)\) or .* strcmp\(Id, "([^"]+)"\) > 0/.exec(query) ?? [];
    return ingestedIn(query)
      ?.map(spanRow)
      .sort((a, b) => (key(a) < key(b) ? -1 : 1))
      .filter((row) => after === undefined || key(row) > `${after} ${id}`)
      .slice(0, take);
  };

  const eventRows = (query: string): readonly Row[] | undefined => {
    const take = Number(/take (\d+)/.exec(query)?.[1]);
    const skip = Number(/where Row > (\d+)/.exec(query)?.[1]);
    const ids = new Set(ingestedIn(query)?.map(({ spanId }) => spanId));
    return events
      .filter((event) => event.arrives <= now() && ids.has(event.spanId) && query.includes(`${event.table} |`))
      .map(eventRow)
      .slice(skip, skip + take);
  };

  return { ...(await jsonServer(answer)), send: (...sent) => void spans.push(...sent), sendEvent: (event) => void events.push(event) };
}

const key = ({ IngestedAt, Id }: Row): string => `${IngestedAt} ${Id}`;

function table(rows: readonly Row[]): Answer {
  const names = Object.keys(rows[0] ?? { Id: '' });
  const columns = names.map((name) => ({ name, type: 'string' }));
  return { status: 200, body: { tables: [{ name: 'PrimaryResult', columns, rows: rows.map((row) => names.map((name) => row[name])) }] } };
}

const spanRow = (span: SentSpan): Row => ({
  TimeGenerated: new Date(span.start).toISOString(),
  Id: span.spanId,
  OperationId: span.isGarbled ? null : span.traceId,
  ParentId: span.parentSpanId ?? span.traceId,
  Name: span.name,
  Success: true,
  ResultCode: '200',
  DurationMs: span.durationMs,
  Url: 'https://shop.example/cart',
  AppRoleName: span.service,
  AppRoleInstance: 'cart-0',
  AppVersion: '1.2.0',
  Properties: JSON.stringify({ team: 'payments', ...span.attributes }),
  Measurements: null,
  _ResourceId: '/subscriptions/0/resourcegroups/shop/providers/microsoft.insights/components/shop',
  ItemTable: 'AppRequests',
  IngestedAt: new Date(arrival(span)).toISOString(),
});

const eventRow = ({ table: ItemTable, spanId, message, arrives }: SentEvent): Row => ({
  TimeGenerated: new Date(arrives).toISOString(),
  ParentId: spanId,
  ExceptionType: 'System.InvalidOperationException',
  OuterMessage: message,
  Message: message,
  SeverityLevel: 3,
  ItemTable,
  IngestedAt: new Date(arrives).toISOString(),
});
