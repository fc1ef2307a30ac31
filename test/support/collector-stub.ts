import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket, type TlsOptions } from 'node:tls';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { decodeSpans, encodePartialSuccess, encodeStatus, type SeenSpan } from './collector-proto.ts';

/** One request as the collector got it. */
export type Received = {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** On the wire. */
  readonly bytes: number;
  /** Decompressed. */
  readonly body: Uint8Array;
  readonly spans: readonly SeenSpan[];
  /** Common name of the client certificate, where one was shown. */
  readonly client?: string;
  /** What the collector answered; 0 where it cut the connection. */
  readonly status: number;
};

export type Reply =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
      readonly took?: boolean;
    }
  | { readonly cut: true; readonly took?: boolean };

type Asked = Omit<Received, 'status'>;
/** What goes wrong with a request; nothing where all is well. */
export type Fault = (request: Asked) => Reply | undefined | Promise<Reply | undefined>;

export type CollectorStub = {
  readonly url: string;
  readonly received: readonly Received[];
  /** How many connections were made so far. */
  readonly connections: () => number;
  /** Resolves when the last connection that is open now has ended. */
  readonly disconnected: () => Promise<void>;
  /** How often each span id was taken, by id. A span counts as soon as the collector took it, acknowledged or not. */
  readonly taken: ReadonlyMap<string, number>;
  /** Faults of the next requests, one each; afterwards all is well again, or as `always` says. */
  readonly next: (...faults: readonly Fault[]) => void;
  readonly always: (fault: Fault | undefined) => void;
  readonly close: () => Promise<void>;
};

/** An OTLP/HTTP collector on loopback, or where pods reach it, that remembers what it got and fails on demand. */
export async function startCollector(tls?: TlsOptions, host = '127.0.0.1'): Promise<CollectorStub> {
  const received: Received[] = [];
  const taken = new Map<string, number>();
  let queue: readonly Fault[] = [];
  let standing: Fault | undefined;

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = await read(request);
    const [fault = standing, ...rest] = queue;
    queue = rest;
    const reply = (await fault?.(asked)) ?? ok;
    const isTaken = reply.took ?? ('status' in reply && reply.status < 300);
    if (isTaken) for (const { id } of asked.spans) taken.set(id, (taken.get(id) ?? 0) + 1);
    received.push({ ...asked, status: 'status' in reply ? reply.status : 0 });
    if ('cut' in reply) {
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(reply.status, { 'content-type': 'application/x-protobuf', ...reply.headers });
    response.end(reply.body);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch((error: Error) => {
      // Only a request that is no OTLP comes here: the test should see it.
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`stub: ${error.message}`);
    });
  };

  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
  let connections = 0;
  const open = new Set<Promise<void>>();
  server.on('connection', (socket: Socket) => {
    connections++;
    const { promise, resolve } = Promise.withResolvers<void>();
    open.add(promise);
    socket.once('close', () => {
      open.delete(promise);
      resolve();
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://${host}:${port}`,
    received,
    connections: () => connections,
    disconnected: async () => {
      await Promise.all(open);
    },
    taken,
    next: (...faults) => {
      queue = [...queue, ...faults];
    },
    always: (fault) => {
      standing = fault;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const wire = Buffer.concat(chunks);
  const { socket } = request;
  const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined;
  const body = plain(wire, request.headers['content-encoding']);
  return {
    path: request.url ?? '',
    headers: request.headers,
    bytes: wire.length,
    body,
    spans: decodeSpans(body),
    ...(subject?.CN && { client: String(subject.CN) }),
  };
}

function plain(wire: Buffer, encoding: string | undefined): Uint8Array {
  if (encoding === 'gzip') return gunzipSync(wire);
  if (encoding === 'zstd') return zstdDecompressSync(wire);
  if (encoding !== undefined) throw new Error(`unknown encoding ${encoding}`);
  return wire;
}

const ok: Reply = { status: 200 };

/** The faults a collector can have. Words come as google.rpc.Status in protobuf, as the Go collector sends them. */
export const faults = {
  status:
    (status: number, words = '', headers: Readonly<Record<string, string>> = {}): Fault =>
    () => ({ status, headers, body: encodeStatus(3, words) }),
  /** Something else than a collector answers: a proxy, a router, a login page. */
  text:
    (status: number, body: string, contentType = 'text/plain'): Fault =>
    () => ({ status, headers: { 'content-type': contentType }, body, took: false }),
  /** Takes all but some, and says how many. */
  partialSuccess:
    (rejected: number, words: string): Fault =>
    () => ({ status: 200, body: encodePartialSuccess(rejected, words) }),
  /** Refuses every request that contains one of these spans. */
  poison:
    (ids: ReadonlySet<string>, words = 'invalid span', status = 400): Fault =>
    ({ spans }) =>
      spans.some(({ id }) => ids.has(id)) ? { status, body: encodeStatus(3, words) } : undefined,
  /** Takes only requests up to this size. */
  limit:
    (bytes: number): Fault =>
    (request) =>
      request.bytes > bytes ? { status: 413, headers: { 'content-type': 'text/plain' }, body: 'request body too large' } : undefined,
  /** Answers once the promise resolves. */
  slow:
    (until: Promise<unknown>): Fault =>
    async () => {
      await until;
      return undefined;
    },
  reset: (): Fault => () => ({ cut: true }),
  /** Takes the spans, then cuts the connection before it says so. */
  lostAcknowledgement: (): Fault => () => ({ cut: true, took: true }),
  redirect:
    (location: string): Fault =>
    () => ({ status: 307, headers: { location } }),
} as const;
