import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };

/** What goes wrong instead of an answer: another answer, or a connection that breaks. */
export type Fault = Answer | 'reset';

export type Call = { readonly method: string; readonly url: URL; readonly headers: IncomingMessage['headers']; readonly body: unknown };

/** A small server of JSON on a loopback address. It keeps a log of its calls, and fails on demand. */
export type JsonServer = {
  readonly origin: string;
  readonly calls: readonly Call[];
  /** The next calls go wrong, one after the other; `undefined` lets one pass. What was to go wrong before is forgotten. */
  readonly failNext: (...faults: readonly (Fault | undefined)[]) => void;
  readonly stop: () => Promise<void>;
};

export async function jsonServer(answer: (call: Call) => Answer): Promise<JsonServer> {
  const calls: Call[] = [];
  const faults: (Fault | undefined)[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const call: Call = {
      method: request.method ?? '',
      url: new URL(request.url ?? '/', 'http://localhost'),
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    calls.push(call);
    const fault = faults.shift();
    if (fault === 'reset') return void response.destroy();
    const { status, body, headers } = fault ?? answer(call);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
  };
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    failNext: (...next) => void faults.splice(0, faults.length, ...next),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
