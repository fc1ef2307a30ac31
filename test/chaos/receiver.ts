import { sleep } from '../../src/std/sleep.ts';
import { encodePartialSuccess, encodeStatus } from '../support/collector-proto.ts';
import { type CollectorStub, type Fault, faults, type Reply, startCollector } from '../support/collector-stub.ts';
import type { History } from './history.ts';
import type { Mood } from './plan.ts';

/** The collector of a trial: it takes what it gets, notes who sent it, and behaves as it is told. */
export type Receiver = {
  readonly url: string;
  /** Is in this mood until the promise resolves. */
  readonly misbehave: (mood: Fault, until: Promise<unknown>) => Promise<void>;
  /** Sources with a Secret show this token. */
  readonly expectToken: (token: string) => void;
  readonly close: CollectorStub['close'];
};

/** `isPoison` tells the spans that are refused whenever they come. */
export async function startReceiver(history: History, isPoison: (id: string) => boolean): Promise<Receiver> {
  const collector = await startCollector();
  let trouble: Fault | undefined;
  let token = '';

  const answer: Fault = async (asked) => {
    const came = history.now();
    const bearer = /^Bearer (.+)$/.exec(asked.headers.authorization ?? '')?.[1];
    const isNamed = asked.path.startsWith('/named/');
    const ids = asked.spans.map(({ id }) => id);
    const reply = (await trouble?.(asked)) ?? (isNamed && bearer !== token ? unauthorized : undefined) ?? taste(ids, isPoison);
    const isAnswered = 'status' in reply;
    const isSampled = isAnswered && reply.status === 200 && reply.body !== undefined;
    const isTaken = isSampled || (reply.took ?? (isAnswered && reply.status < 300));
    history.requests.push({
      came,
      at: history.now(),
      ...(!isNamed && bearer !== undefined && { process: bearer }),
      ids,
      took: new Set(isTaken ? ids.slice(isSampled ? 1 : 0) : []),
      acknowledged: isAnswered && reply.status < 300,
      status: isAnswered ? reply.status : 0,
    });
    return reply;
  };
  collector.always(answer);
  return {
    url: collector.url,
    misbehave: async (mood, until) => {
      trouble = mood;
      await until;
      // Another mood may have come in the meantime.
      if (trouble === mood) trouble = undefined;
    },
    expectToken: (next) => {
      token = next;
    },
    close: collector.close,
  };
}

const unauthorized: Reply = { status: 401, headers: { 'content-type': 'text/plain' }, body: 'unknown token' };

function taste(ids: readonly string[], isPoison: (id: string) => boolean): Reply {
  const bad = ids.find(isPoison);
  return bad === undefined ? { status: 200 } : { status: 400, body: encodeStatus(3, `span ${bad} ends before it begins`) };
}

/** How a collector in trouble answers. `some` says whether this request is one of those that it strikes. */
export function moodOf(mood: Mood, some: () => boolean): Fault {
  switch (mood) {
    case 'down':
      return faults.reset();
    case 'slow':
      return async () => {
        await sleep(some() ? 5_000 : 500);
        return undefined;
      };
    case 'unauthorized':
      return faults.status(401, 'token expired');
    case 'too large':
      return faults.limit(8_000);
    case 'throttled':
      return faults.status(429, 'slow down', { 'retry-after': '1' });
    case 'unavailable':
      return faults.status(503, 'sending queue is full');
    case 'choosy':
      return () => (some() ? { status: 200, body: encodePartialSuccess(1, 'sampled away') } : undefined);
    case 'deaf':
      return (asked) => (some() ? faults.lostAcknowledgement()(asked) : undefined);
  }
}
