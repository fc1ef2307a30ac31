/**
 * The other side of a measurement, in a process of its own: an S3 server with files, and a collector that reads what comes and throws it
 * away. Its argument says which files; it tells its parent where it is, and after every message what it has seen.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startS3Server } from '../../test/support/s3-server/server.ts';
import { agentFile } from '../../test/support/traces/agent.ts';
import { genAiSpan, manySpans, proses, requestOf } from '../corpora/spans.ts';
import { inputOf, oneDocument, smallDocuments } from '../transcode/streams.ts';

/** Files under one prefix, all of one kind. */
export type Fileset = {
  readonly prefix: string;
  readonly count: number;
  readonly kind: 'small' | 'lone' | 'genai' | 'genai.gz' | '300 MB' | 'tiny';
};

export type Served = {
  readonly endpoint: string;
  readonly collector: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Decompressed bytes of one file of each kind. */
  readonly bytesOf: Readonly<Record<string, number>>;
};

/** A file that comes later. */
export type Upload = { readonly key: string; readonly text: string };

export type Seen = { readonly requests: number; readonly bytes: number };

const BUCKET = 'bench';
/** More than a file in a pack may have. */
const LONE_BYTES = 70_000;

/** Four megabytes of chats with models. */
const genai = () =>
  Buffer.from(
    JSON.stringify(
      requestOf(
        manySpans(4, 860, 8, (random, n, trace) => genAiSpan(random, n, trace, proses.chat)),
        128,
      ),
    ),
  );

async function whole(): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of inputOf(oneDocument(300_000_000, 'before')).open(0, new AbortController().signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function main(sets: readonly Fileset[]): Promise<void> {
  const s3 = await startS3Server();
  s3.createBucket(BUCKET);
  const bytesOf: Record<string, number> = {};
  for (const { prefix, count, kind } of sets) {
    const bodies = await bodiesOf(kind);
    bytesOf[kind] = kind === 'genai.gz' ? genai().length : (bodies[0]?.length ?? 0);
    const ending = kind === 'genai.gz' ? 'json.gz' : 'json';
    for (let n = 0; n < count; n++) s3.put(BUCKET, `${prefix}run-${String(n).padStart(7, '0')}.${ending}`, bodies[n % bodies.length]!);
  }
  let seen: Seen = { requests: 0, bytes: 0 };
  const sink = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      seen = { ...seen, bytes: seen.bytes + chunk.length };
    });
    request.on('end', () => {
      seen = { ...seen, requests: seen.requests + 1 };
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  process.on('message', (asked: 'seen?' | Upload) => {
    if (asked === 'seen?') process.send?.(seen);
    else s3.put(BUCKET, asked.key, asked.text);
  });
  const collector = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  process.send?.({ endpoint: s3.endpoint, collector, ...s3.identities.addUser('reader').credential, bytesOf } satisfies Served);
}

async function bodiesOf(kind: Fileset['kind']): Promise<readonly Buffer[]> {
  switch (kind) {
    case 'small':
      return smallDocuments(256);
    case 'lone':
      return [Buffer.from(agentFile(1, 'checkout', { prompt: 'x'.repeat(LONE_BYTES) }).text)];
    case 'genai':
      return [genai()];
    case 'genai.gz':
      return [gzipSync(genai())];
    case '300 MB':
      return [await whole()];
    case 'tiny':
      return [Buffer.from('{}')];
  }
}

await main(JSON.parse(process.argv[2] ?? '[]'));
