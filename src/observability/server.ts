import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Readiness } from './health.ts';
import type { Metrics } from './metrics.ts';

export type StatusServer = {
  readonly port: number;
  readonly close: () => Promise<void>;
};

export type StatusServerOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
};

/** Answers /healthz (the event loop turns), /readyz (what is missing, by name) and /metrics. Any other path is 404. */
export async function statusServer({ host, port, metrics, readiness }: StatusServerOptions): Promise<StatusServer> {
  const answers: Readonly<Record<string, () => Promise<Answer> | Answer>> = {
    '/healthz': () => text(200, 'ok\n'),
    '/readyz': () => ready(readiness.missing()),
    '/metrics': async () => {
      const { contentType, text: body } = await metrics.scrape();
      return { status: 200, contentType, body };
    },
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
    const readOnly = request.method === 'GET' || request.method === 'HEAD';
    const { status, contentType, body } = !readOnly ? text(405, 'only GET\n') : answer ? await answer() : text(404, 'not found\n');
    response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  };

  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Answer = { readonly status: number; readonly contentType: string; readonly body: string };

const text = (status: number, body: string): Answer => ({ status, contentType: 'text/plain; charset=utf-8', body });

const ready = (missing: readonly string[]): Answer =>
  missing.length === 0 ? text(200, 'ok\n') : text(503, `${missing.map((name) => `waiting: ${name}\n`).join('')}`);
