import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Fault, faults, send } from './faults.ts';
import { listObjects, shown } from './list.ts';
import { type ObjectBucket, objectBucket } from './objects.ts';
import { type Permission, type Tokens, tokenService } from './tokens.ts';

/** Google Cloud Storage in one process on a loopback address: JSON API, token service and metadata server. */
export type GcsServer = {
  readonly origin: string;
  readonly tokens: Tokens;
  readonly faults: ReturnType<typeof faults>;
  readonly createBucket: (name: string, options?: { readonly public?: boolean }) => ObjectBucket;
  /** What was called so far. Anything but ListObjects and GetObject appears with its method and path. */
  readonly operations: readonly string[];
  /** Requests being answered right now. */
  readonly busy: () => number;
  /** For `tokenFetch`: sends what is meant for Google's token service here. */
  readonly tokenFetch: typeof fetch;
  readonly stop: () => Promise<void>;
};

type Room = {
  readonly buckets: Map<string, ObjectBucket>;
  readonly tokens: Tokens;
  readonly armed: ReturnType<typeof faults>;
  readonly log: string[];
};

/** With a certificate it speaks TLS. */
export async function startGcsServer(tls?: { readonly cert: string; readonly key: string }): Promise<GcsServer> {
  const room: Room = { buckets: new Map(), tokens: tokenService(), armed: faults(), log: [] };
  let busy = 0;
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    busy++;
    response.on('close', () => busy--);
    void answer(room, request, response);
  };
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    tokens: room.tokens,
    faults: room.armed,
    createBucket: (name, options) => {
      const bucket = objectBucket(options);
      room.buckets.set(name, bucket);
      return bucket;
    },
    operations: room.log,
    busy: () => busy,
    tokenFetch: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.href !== 'https://oauth2.googleapis.com/token') throw new Error(`${url.href} is not the token service of Google`);
      return fetch(`${origin}/token`, init);
    },
    stop: async () => {
      // Also those that never came to speak TLS, which the server itself does not count.
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(room: Room, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/token') return exchange(room, request, response);
  if (url.pathname.startsWith('/computeMetadata/')) return metadata(room, url, response);
  const [, bucketName, objectName] = /^\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
  if (request.method !== 'GET' || bucketName === undefined || (objectName !== undefined && url.searchParams.get('alt') !== 'media')) {
    room.log.push(`${request.method} ${url.pathname}`);
    return void refuse(response, 405, 'methodNotAllowed', 'this server only lists and gets');
  }
  const operation = objectName === undefined ? 'list' : 'get';
  room.log.push(operation === 'list' ? 'ListObjects' : 'GetObject');
  const fault = room.armed.take(operation);
  if (broken(fault, response)) return;
  const name = decodeURIComponent(bucketName);
  const bucket = room.buckets.get(name);
  if (!allowed(room, request, response, `storage.objects.${operation}`, bucket)) return;
  if (!bucket) return void refuse(response, 404, 'notFound', 'The specified bucket does not exist.');
  if (objectName === undefined) return list(bucket, name, url.searchParams, response, fault);
  get(bucket, `${name}/${decodeURIComponent(objectName)}`, url.searchParams, request, response, fault);
}

/** Plays a fault that leaves nothing else to do. */
function broken(fault: Fault | undefined, response: ServerResponse): boolean {
  if (fault?.do === 'call') fault.back();
  if (fault?.do === 'reset') response.socket?.resetAndDestroy();
  if (fault?.do === 'redirect') response.writeHead(307, { location: fault.to }).end();
  if (fault?.do === 'answer') {
    if (fault.retryAfter) response.setHeader('retry-after', fault.retryAfter);
    refuse(response, fault.status, fault.reason ?? 'backendError', fault.message ?? 'Backend Error');
  }
  return fault?.do === 'reset' || fault?.do === 'redirect' || fault?.do === 'answer';
}

function allowed(
  { tokens }: Room,
  request: IncomingMessage,
  response: ServerResponse,
  permission: Permission,
  bucket?: ObjectBucket,
): boolean {
  const caller = tokens.caller(request.headers.authorization);
  if (caller === 'invalid') return refuse(response, 401, 'authError', 'Invalid Credentials');
  if (bucket?.public || (caller !== 'anonymous' && caller.may(permission))) return true;
  const who = caller === 'anonymous' ? 'Anonymous caller' : caller.email;
  const message = `${who} does not have ${permission} access to the Google Cloud Storage bucket.`;
  return caller === 'anonymous' ? refuse(response, 401, 'required', message) : refuse(response, 403, 'forbidden', message);
}

function list(bucket: ObjectBucket, name: string, query: URLSearchParams, response: ServerResponse, fault: Fault | undefined): void {
  const { items, ...rest } = listObjects(bucket, query);
  const body = Buffer.from(JSON.stringify({ kind: 'storage#objects', ...rest, items: items.map((item) => shown(item, name)) }));
  response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8', 'content-length': body.length });
  send(response, body, fault);
}

/** objects.get with alt=media: a precondition, a range from an offset, the generation in a header. */
function get(
  bucket: ObjectBucket,
  path: string,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): void {
  const object = bucket.get(path.slice(path.indexOf('/') + 1));
  if (!object) return void response.writeHead(404, { 'content-type': 'text/html; charset=UTF-8' }).end(`No such object: ${path}`);
  const wanted = query.get('ifGenerationMatch') ?? query.get('generation');
  if (wanted !== null && wanted !== object.generation) {
    return void refuse(response, 412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.');
  }
  const [, first = '0', last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const from = Number(first);
  if (from > 0 && from >= object.body.length)
    return void refuse(response, 416, 'requestedRangeNotSatisfiable', 'Request range not satisfiable');
  const body = object.body.subarray(from, last ? Number(last) + 1 : undefined);
  response.writeHead(request.headers.range ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': body.length,
    'x-goog-generation': object.generation,
    ...(request.headers.range && { 'content-range': `bytes ${from}-${from + body.length - 1}/${object.body.length}` }),
  });
  send(response, body, fault);
}

async function exchange({ tokens, armed }: Room, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (broken(armed.take('token'), response)) return;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const asked = new URLSearchParams(Buffer.concat(chunks).toString());
  const login = asked.get('refresh_token');
  const token = login === null ? tokens.exchange(asked.get('assertion') ?? '') : tokens.refresh(login);
  const description = login === null ? 'Invalid JWT Signature.' : 'Token has been expired or revoked.';
  const body = token ?? { error: 'invalid_grant', error_description: description };
  response.writeHead(token ? 200 : 400, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function metadata({ tokens, armed }: Room, url: URL, response: ServerResponse): void {
  response.setHeader('metadata-flavor', 'Google');
  const email = tokens.attached();
  if (url.pathname.endsWith('/token')) {
    const fault = armed.take('token');
    if (fault?.do === 'stall' || broken(fault, response)) return;
    if (email === undefined) return void response.writeHead(404).end('not found');
    return void response.setHeader('content-type', 'application/json').end(JSON.stringify(tokens.issue(email)));
  }
  if (url.pathname.endsWith('/email') && email !== undefined) return void response.end(email);
  if (url.pathname.endsWith('/service-accounts/') && email !== undefined) {
    return void response.setHeader('content-type', 'application/json').end(JSON.stringify({ default: { email } }));
  }
  if (url.pathname.endsWith('/instance') || url.pathname.endsWith('/instance/')) return void response.end('{}');
  response.writeHead(404).end('not found');
}

function refuse(response: ServerResponse, status: number, reason: string, message: string): false {
  const body = JSON.stringify({ error: { code: status, message, errors: [{ message, domain: 'global', reason }] } });
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(body);
  return false;
}
