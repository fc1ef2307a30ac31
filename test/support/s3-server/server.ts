import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Bucket, type BucketOptions, buckets, checkRegion, checkTerms } from './buckets.ts';
import { decodeChunked } from './chunked.ts';
import { S3Error, s3ErrorBody, stsErrorBody } from './errors.ts';
import { type Fault, faults, strikeEarly } from './faults.ts';
import { type Action, authorize, type Identities, identities, type Principal } from './identities.ts';
import { answerListing } from './listing.ts';
import type { ObjectMeta } from './objects.ts';
import { answerObject } from './reading.ts';
import { claimOf, type Signed, sha256, splitOnce, verifySignature } from './signature.ts';
import { answerSts } from './sts.ts';

export type S3ServerOptions = {
  readonly region?: string;
  readonly port?: number;
  /** Another address than that of loopback, for pods that have to reach it. */
  readonly host?: string;
  /** Keeps objects there; in memory where left out. */
  readonly directory?: string;
  /** Buckets are also addressed as `<bucket>.<domain>`, as at AWS. */
  readonly domain?: string;
  /** Speaks TLS with this certificate. */
  readonly tls?: { readonly cert: string; readonly key: string };
};

/** One call that reached the server. */
type Operation = { readonly name: string; readonly bucket: string; readonly key: string; readonly by: string };

/** An S3 and STS server on 127.0.0.1 that verifies what real ones verify, and fails on demand. For tests, benchmarks and the demo. */
export type S3Server = {
  readonly endpoint: string;
  readonly region: string;
  readonly identities: Identities;
  readonly createBucket: (name: string, options?: BucketOptions) => void;
  readonly put: (
    bucket: string,
    key: string,
    body: Uint8Array | string,
    more?: Partial<Pick<ObjectMeta, 'storageClass' | 'kmsDenied' | 'modifiedTime'>>,
  ) => void;
  readonly remove: (bucket: string, key: string) => void;
  readonly fault: (fault: Fault) => void;
  readonly clearFaults: () => void;
  /** Moves the server's clock away from that of the machine. */
  readonly setClockOffset: (ms: number) => void;
  /** Every call since the start, in order. */
  readonly operations: readonly Operation[];
  /** Requests that are being answered right now. */
  readonly busy: () => number;
  readonly close: () => Promise<void>;
};

/** Starts a server; the promise resolves when it listens. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const region = options.region ?? 'us-east-1';
  const known = identities();
  const kept = buckets(region, options.directory);
  const trouble = faults();
  const operations: Operation[] = [];
  const sockets = new Set<Socket>();
  let clockOffset = 0;
  const now = () => Date.now() + clockOffset;

  let busy = 0;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    busy++;
    response.on('close', () => busy--);
    handle({ request, response, known, kept, trouble, operations, now, domain: options.domain }).catch((thrown: unknown) =>
      answerError(thrown, request, response),
    );
  };
  const server = options.tls ? createHttpsServer(options.tls, answer) : createHttpServer(answer);
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const { host = '127.0.0.1' } = options;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port ?? 0, host, resolve));
  const { port } = server.address() as AddressInfo;

  return {
    endpoint: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    region,
    identities: known,
    createBucket: (name, more) => {
      kept.create(name, more);
    },
    put: (bucket, key, body, more = {}) => {
      kept.get(bucket).objects.put(key, Buffer.from(body), more);
    },
    remove: (bucket, key) => kept.get(bucket).objects.remove(key),
    fault: trouble.arm,
    clearFaults: trouble.clear,
    setClockOffset: (ms) => {
      clockOffset = ms;
    },
    operations,
    busy: () => busy,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

type Call = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly known: Identities;
  readonly kept: ReturnType<typeof buckets>;
  readonly trouble: ReturnType<typeof faults>;
  readonly operations: Operation[];
  readonly now: () => number;
  readonly domain: string | undefined;
};

async function handle(call: Call): Promise<void> {
  const { request, response, operations, trouble } = call;
  const body = await readBody(request);
  const [path, search] = splitOnce(request.url ?? '/', '?');
  const query = new URLSearchParams(search ?? '');
  response.setHeader('date', new Date(call.now()).toUTCString());
  response.setHeader('x-amz-request-id', 'SPANFERRYTEST');
  if (path === '/' && request.method === 'POST') return handleSts(call, body);

  const [bucketName = '', ...rest] = [...hostedBucket(call), ...path.slice(1).split('/')];
  const key = decodeURIComponent(rest.join('/'));
  const name = operationName(request.method ?? '', key);
  const operation = { name, bucket: bucketName, key, by: claimedKey(request) };
  operations.push(operation);
  const fault = trouble.strike(name, key);
  if (fault !== undefined && strikeEarly(fault, request, response)) return;

  const { principal, region, content } = authenticate(call, body);
  const bucket = bucketFor(call, name, bucketName);
  checkRegion(bucket, region);
  checkTerms(bucket, headerOf(request, 'x-amz-expected-bucket-owner'), headerOf(request, 'x-amz-request-payer'));
  authorize(principal, actions[name] ?? 's3:ListBucket', `arn:aws:s3:::${bucketName}/${key}`);
  if (fault === 'deleted') bucket.objects.remove(key);
  if (fault === 'changed') bucket.objects.put(key, Buffer.from(`changed at ${call.now()}`), {});
  perform(name, bucket, key, { query, content, request, response, fault });
}

/** The bucket that the host names, if it names one. */
function hostedBucket({ request, domain }: Call): readonly string[] {
  const host = request.headers.host?.replace(/:\d+$/, '') ?? '';
  return domain !== undefined && host.endsWith(`.${domain}`) ? [host.slice(0, -domain.length - 1)] : [];
}

const actions: Readonly<Record<string, Action>> = {
  ListObjectsV2: 's3:ListBucket',
  HeadBucket: 's3:ListBucket',
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  PutObject: 's3:PutObject',
  CreateBucket: 's3:PutObject',
  DeleteObject: 's3:DeleteObject',
};

function operationName(method: string, key: string): string {
  const names: Readonly<Record<string, readonly [bucket: string, object: string]>> = {
    GET: ['ListObjectsV2', 'GetObject'],
    HEAD: ['HeadBucket', 'HeadObject'],
    PUT: ['CreateBucket', 'PutObject'],
    DELETE: ['DeleteBucket', 'DeleteObject'],
  };
  return names[method]?.[key === '' ? 0 : 1] ?? `${method} ${key === '' ? 'bucket' : 'object'}`;
}

type Details = {
  readonly query: URLSearchParams;
  readonly content: Buffer;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly fault: ReturnType<Call['trouble']['strike']>;
};

function perform(name: string, bucket: Bucket, key: string, { query, content, request, response, fault }: Details): void {
  switch (name) {
    case 'ListObjectsV2': {
      const answer = answerListing(bucket.name, bucket.objects.sorted(), query);
      response.writeHead(200, { 'content-type': 'application/xml', 'x-amz-bucket-region': bucket.region }).end(answer);
      return;
    }
    case 'HeadBucket':
    case 'CreateBucket':
      response.writeHead(200, { 'x-amz-bucket-region': bucket.region }).end();
      return;
    case 'GetObject':
    case 'HeadObject': {
      const object = bucket.objects.get(key);
      if (!object) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });
      const ifMatch = headerOf(request, 'if-match');
      answerObject(object, { range: headerOf(request, 'range'), ifMatch, head: name === 'HeadObject' }, response, fault);
      return;
    }
    case 'PutObject': {
      const { etag } = bucket.objects.put(key, content, { storageClass: headerOf(request, 'x-amz-storage-class') ?? 'STANDARD' });
      response.writeHead(200, { etag: `"${etag}"` }).end();
      return;
    }
    case 'DeleteObject':
      bucket.objects.remove(key);
      response.writeHead(204).end();
      return;
    default:
      throw new S3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
  }
}

function handleSts({ request, response, known, now, operations }: Call, body: Buffer): void {
  const parameters = new URLSearchParams(body.toString());
  operations.push({ name: parameters.get('Action') ?? '', bucket: '', key: '', by: claimedKey(request) });
  const caller = request.headers.authorization === undefined ? undefined : verify({ request, known, now }, body).principal;
  const answer = answerSts(parameters, caller, known, now());
  response.writeHead(200, { 'content-type': 'text/xml' }).end(answer);
}

/** Who sends the request, which region it is signed for, and its content without the framing of aws-chunked. */
function authenticate(call: Call, body: Buffer) {
  const { principal, region, signed } = verify(call, body);
  const declared = headerOf(call.request, 'x-amz-content-sha256') ?? '';
  const content = declared.startsWith('STREAMING-') ? decodeChunked(body, declared.includes('HMAC') ? signed : undefined) : body;
  return { principal, region, content };
}

function verify(
  { request, known, now }: Pick<Call, 'request' | 'known' | 'now'>,
  body: Buffer,
): { readonly principal: Principal; readonly region: string; readonly signed: Signed } {
  const claim = claimOf(request);
  const principal = known.find(claim.accessKeyId, headerOf(request, 'x-amz-security-token'), now());
  const declared = headerOf(request, 'x-amz-content-sha256') ?? sha256(body);
  const signed = verifySignature(request, claim, principal.credential.secretAccessKey, declared, now());
  if (/^[0-9a-f]{64}$/.test(declared) && declared !== sha256(body)) {
    throw new S3Error(400, 'XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return { principal, region: claim.region, signed };
}

function bucketFor({ kept }: Call, operation: string, name: string): Bucket {
  return operation === 'CreateBucket' ? kept.create(name) : kept.get(name);
}

function answerError(thrown: unknown, request: IncomingMessage, response: ServerResponse): void {
  const error = thrown instanceof S3Error ? thrown : new S3Error(500, 'InternalError', String(thrown));
  const sts = request.method === 'POST';
  const body = request.method === 'HEAD' ? '' : sts ? stsErrorBody(error) : s3ErrorBody(error, splitOnce(request.url ?? '', '?')[0]);
  if (response.headersSent) return void response.destroy();
  response.writeHead(error.status, { 'content-type': 'application/xml', ...error.headers }).end(body);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (request.method === 'GET' || request.method === 'HEAD') return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

/** The access key that a request claims to be signed with, for the log. */
const claimedKey = (request: IncomingMessage): string => /Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
