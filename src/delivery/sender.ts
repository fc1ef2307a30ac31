import type { Failure } from '../api/failure.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';
import type { Answer } from './answer.ts';
import type { Breaker } from './breaker.ts';
import { compress } from './compress.ts';
import type { Credential, DeliveryOptions, Endpoint, SenderState } from './delivery.ts';
import type { Destination } from './destination.ts';
import type { Gate } from './gate.ts';
import { judge, type Verdict } from './judge.ts';
import { type Batch, type Consignment, consign, type Outcome, tallyOf } from './outcome.ts';
import { post, requestHeaders } from './post.ts';
import { accepted, nextPiece, type Piece, refused, tooLarge } from './sift.ts';
import { cut, indexSpans, type SpanIndex } from './spans.ts';

export type SendOptions = {
  /** Identity of the file: trouble is held against it, and another one probes. */
  readonly file: string;
  readonly signal: AbortSignal;
  /** How long the batch may wait in hand for a destination in trouble. Default 15 s. */
  readonly patienceMs?: number;
};

/** A way to one destination. */
export type Sender = {
  /** Sends a batch, or goes on with what is left of one. Rejects only with the signal's reason. */
  readonly send: (batch: Batch | Consignment, options: SendOptions) => Promise<Outcome>;
  /** Resolves when it is worth sending again: at once where files flow, one file at a time where somebody must probe. */
  readonly ready: (file: string, signal: AbortSignal) => Promise<void>;
  readonly state: () => SenderState;
  /** Calls back when the state changes, until the returned function is called. */
  readonly watch: (listener: (state: SenderState) => void) => () => void;
  /** Gives back its share of connections. */
  readonly close: () => void;
};

type Parts = {
  readonly destination: Destination;
  readonly owner: string;
  readonly endpoint: Endpoint;
  readonly credential: Credential;
  readonly options: DeliveryOptions;
  readonly repeat: Backoff;
  readonly listeners: Set<() => void>;
  readonly release: () => void;
};

export function sender(parts: Parts): Sender {
  const { destination, owner, endpoint, credential, options, repeat, listeners, release } = parts;
  const { clock, observer, canSend = () => true, version = '0' } = options;
  const headers = requestHeaders(destination, `spanferry/${version}`);
  const gates: readonly Gate[] = [credential.gate, endpoint.gate];
  const isFree = (file: string) => gates.every((gate) => gate.isFree(file));

  const ready = async (file: string, signal: AbortSignal): Promise<void> => {
    while (!isFree(file)) {
      for (const gate of gates) if (!gate.isFree(file)) await gate.invitation(file, signal);
    }
  };

  /** Like `ready`, but only until a moment. False when that comes first. */
  const readyBy = async (moment: number, file: string, signal: AbortSignal): Promise<boolean> => {
    if (isFree(file)) return true;
    const state = stateOf(gates);
    if (!state.ready && state.retryAt > moment) return false;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const alarm = clock.sleep(Math.max(0, moment - clock.monotonic()), either).then(
      () => over.abort(),
      () => {},
    );
    try {
      await ready(file, either);
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    } finally {
      over.abort();
      await alarm;
    }
  };

  const settle = (file: string, verdict: Verdict) => {
    const failure = verdict.is === 'trouble' ? verdict.failure : undefined;
    const culprit = verdict.is === 'trouble' ? verdict.of : undefined;
    // A destination that refuses a credential is alive all the same.
    if (culprit === 'endpoint' && failure) endpoint.gate.fail(file, failure);
    else endpoint.gate.pass(file);
    if (culprit === 'credential' && failure) credential.gate.fail(file, failure);
    else if (culprit === undefined) credential.gate.pass(file);
    else credential.gate.abandon(file);
  };

  const ask = async (body: Uint8Array, file: string, signal: AbortSignal): Promise<{ answer: Answer; verdict: Verdict }> => {
    for (const gate of gates) gate.go(file);
    const start = clock.monotonic();
    try {
      const answer = await post(endpoint.pool, destination, headers, body, signal);
      const status = 'status' in answer ? answer.status : 0;
      observer?.answered?.({ destination: destination.shown, status, ms: clock.monotonic() - start, bytes: body.length });
      const verdict = judge(answer, destination, clock.now());
      settle(file, verdict);
      return { answer, verdict };
    } catch (error) {
      for (const gate of gates) gate.abandon(file);
      throw error;
    }
  };

  const send = async (given: Batch | Consignment, { file, signal, patienceMs = 15_000 }: SendOptions): Promise<Outcome> => {
    let consignment = 'sift' in given ? given : consign(given);
    const { batch } = consignment;
    const strikeId = `${file}#${batch.index}`;
    let index: SpanIndex | undefined;
    let repetitions = 0;
    let giveUpAt = clock.monotonic() + patienceMs;
    let lastFailure: Failure | undefined;
    const spansOf = () => {
      index ??= indexSpans(batch.body);
      return index;
    };
    const tally = () => tallyOf(consignment, consignment.sift.rejected.length > 0 ? spansOf() : undefined);
    const wait = (): Outcome => ({ state: 'waiting', failure: failureOf(gates) ?? lastFailure!, rest: consignment, ...tally() });

    for (let piece = nextPiece(consignment.sift); piece; piece = nextPiece(consignment.sift)) {
      const body = await compress(isWhole(piece, batch) ? batch.body : cut(spansOf(), piece.from, piece.to), destination.compression);
      if (!(await readyBy(giveUpAt, file, signal))) return wait();
      const endTurn = await endpoint.turns.take(owner, signal);
      let verdict: Verdict;
      try {
        // While it waited for its turn, the way may have closed.
        if (!isFree(file)) continue;
        if (!canSend()) return { state: 'fenced', rest: consignment, ...tally() };
        ({ verdict } = await ask(body, file, signal));
      } finally {
        endTurn();
      }
      consignment = { ...consignment, requests: consignment.requests + 1, bytes: consignment.bytes + body.length };
      if (verdict.is === 'trouble') {
        lastFailure = verdict.failure;
        if (credential.strikes.failed(file, strikeId))
          return { state: 'failed', failure: paid(verdict.failure), rest: consignment, ...tally() };
        const pauseMs = backoffMs(repeat, repetitions++);
        if (clock.monotonic() + pauseMs > giveUpAt) return wait();
        await clock.sleep(pauseMs, signal);
        continue;
      }
      credential.strikes.passed(file, strikeId);
      repetitions = 0;
      giveUpAt = clock.monotonic() + patienceMs;
      consignment = after(consignment, piece, verdict);
    }
    return { state: 'done', ...tally() };
  };

  return {
    send,
    ready,
    state: () => stateOf(gates),
    watch: (listener) => watching(listeners, () => stateOf(gates), listener),
    close: release,
  };
}

const isWhole = (piece: Piece, batch: Batch): boolean => piece.from === 0 && piece.to === batch.spans;

function after(consignment: Consignment, piece: Piece, verdict: Exclude<Verdict, { is: 'trouble' }>): Consignment {
  const { sift } = consignment;
  switch (verdict.is) {
    case 'accepted': {
      const warning = verdict.rejected === 0 && verdict.words !== '' ? { warning: verdict.words } : {};
      return { ...consignment, ...warning, sift: accepted(sift, piece, verdict) };
    }
    case 'refused':
      return { ...consignment, sift: refused(sift, piece, verdict.words) };
    case 'tooLarge':
      return { ...consignment, sift: tooLarge(sift, piece, verdict.words) };
  }
}

const paid = (failure: Failure): Failure => ({
  reason: 'Undeliverable',
  message: `failed three times while other files passed; the last time: ${failure.message}`,
});

const troubled = (gates: readonly Gate[]): Exclude<Breaker, { is: 'closed' }> | undefined => {
  for (const gate of gates) {
    const breaker = gate.breaker();
    if (breaker.is !== 'closed') return breaker;
  }
  return undefined;
};

const failureOf = (gates: readonly Gate[]): Failure | undefined => troubled(gates)?.failure;

function stateOf(gates: readonly Gate[]): SenderState {
  const breaker = troubled(gates);
  if (!breaker) return { ready: true };
  const { failure, since } = breaker;
  return { ready: false, failure, since, retryAt: breaker.is === 'open' ? breaker.until : since };
}

/** Tells a listener about changes of the state that it can see: of readiness and of the reason. */
function watching(listeners: Set<() => void>, state: () => SenderState, listener: (state: SenderState) => void): () => void {
  const faceOf = (seen: SenderState) => (seen.ready ? '' : seen.failure.reason);
  let face = faceOf(state());
  const onChange = () => {
    const now = state();
    if (faceOf(now) === face) return;
    face = faceOf(now);
    listener(now);
  };
  listeners.add(onChange);
  return () => listeners.delete(onChange);
}
