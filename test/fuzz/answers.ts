import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createDelivery, type Delivery } from '../../src/delivery/delivery.ts';
import { isFailure, resolveDestination } from '../../src/delivery/destination.ts';
import { systemClock } from '../../src/std/clock.ts';
import { batchWithSpans, encodePartialSuccess, encodeStatus } from '../support/collector-proto.ts';
import { mutate } from '../support/traces/generate.ts';
import type { Random } from '../support/traces/random.ts';
import { type Subject, slipIn } from './subject.ts';

const SPANS = 10;
const token = 'c4n4ry-7f3a9b-0d1e2f';

type World = { readonly server: Server; readonly url: string; readonly delivery: Delivery; answer: Buffer };
let world: Promise<World> | undefined;

/** A peer that reads a whole request and then says what it was told to, byte by byte. */
async function start(): Promise<World> {
  const made: { answer: Buffer } = { answer: Buffer.alloc(0) };
  const server = createServer((socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      const head = text.indexOf('\r\n\r\n');
      if (head < 0 || text.length < head + 4 + Number(length ?? 0)) return;
      text = '';
      socket.end(made.answer);
    });
  });
  server.unref();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const delivery = createDelivery({ clock: systemClock, version: '0.1.0' });
  return Object.assign(made, { server, url: `http://127.0.0.1:${port}`, delivery });
}

const bodies: readonly (readonly [type: string, body: Uint8Array])[] = [
  ['application/x-protobuf', encodePartialSuccess(3, 'three spans are too old')],
  ['application/x-protobuf', encodePartialSuccess(-7, '')],
  ['application/x-protobuf', encodeStatus(3, `invalid ${token}`)],
  ['application/json', Buffer.from('{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}}')],
  ['application/json', Buffer.from('{"code":3,"message":"bad","details":[]}')],
  ['application/json', Buffer.from('{"partialSuccess":{"rejectedSpans":1e400}}')],
  ['text/html', Buffer.from('<html><body>Sign in</body></html>')],
  ['text/plain', Buffer.from(`no: authorization: Bearer ${token}`)],
];

function answerOf(random: Random): Buffer {
  const [type, body] = random.pick(bodies);
  const content = random.chance(0.6) ? mutate(random, body) : body;
  const status = random.pick([200, 200, 202, 204, 302, 400, 400, 401, 404, 413, 422, 429, 500, 503, 99, 700]);
  const after = random.pick([
    '',
    '',
    'Retry-After: 1\r\n',
    'Retry-After: -5\r\n',
    'Retry-After: Fri, 99 Nov 2026\r\n',
    `Retry-After: ${'9'.repeat(60)}\r\n`,
  ]);
  const length = random.chance(0.9) ? content.length : random.pick([0, 1, content.length + 5]);
  const head = `HTTP/1.1 ${status} Whatever\r\nContent-Type: ${type}\r\n${after}Content-Length: ${length}\r\nLocation: http://169.254.169.254/?t=${token}\r\n\r\n`;
  const whole = Buffer.concat([Buffer.from(head), content]);
  return random.chance(0.3) ? Buffer.from(mutate(random, whole)) : whole;
}

/** Answers of a collector: every span is accepted, rejected or still to be sent, and no word of it is ours or secret. */
export const answers: Subject = {
  name: 'answers of a collector',
  take: async (random) => {
    world ??= start();
    const peer = await world;
    const { delivery, url } = peer;
    peer.answer = answerOf(random);
    const spec = {
      endpoint: `${url}/${random.hex(12)}`,
      authTokenSecretRef: { name: 'token', key: 'token' },
      compression: 'None',
    } as const;
    const destination = resolveDestination(
      spec,
      { endpoint: 'http://own:4318' },
      { token: { token } },
      { connectMs: 1_000, answerMs: 1_000 },
    );
    if (isFailure(destination)) return destination.message;
    const sender = delivery.sender(destination, `source-${random.hex(8)}`);
    const outcome = await sender.send(batchWithSpans(0, SPANS), { file: 'a', signal: new AbortController().signal, patienceMs: 0 });
    sender.close();
    const words = [
      ...outcome.rejected.map(({ message }) => message),
      ...(outcome.warning === undefined ? [] : [outcome.warning]),
      ...('failure' in outcome ? [outcome.failure.reason, outcome.failure.message] : []),
    ];
    const decided = outcome.accepted + outcome.rejectedSpans;
    const isCounted = outcome.state === 'done' ? decided === SPANS : decided <= SPANS;
    if (!isCounted || outcome.accepted < 0 || outcome.rejectedSpans < 0)
      return `counts ${outcome.accepted} + ${outcome.rejectedSpans} of ${SPANS}`;
    if (words.some((each) => each.includes(token))) return `shows a secret: ${words.join(' ')}`;
    return words.map(slipIn).find((slip) => slip !== undefined);
  },
};
