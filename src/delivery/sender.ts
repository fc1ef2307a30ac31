import type { Failure } from '../api/failure.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';
import { compress } from './compress.ts';
import type { Credential, DeliveryOptions, Endpoint } from './delivery.ts';
import type { Destination } from './destination.ts';
import { judge, type Verdict } from './judge.ts';
import { type Batch, type Consignment, consign, type Ending, type Outcome, tallyOf } from './outcome.ts';
import { Fenced, post, requestHeaders } from './post.ts';
import { accepted, isDivisible, nextPiece, type Piece, refused, type Sift, split, tooLarge } from './sift.ts';
import { cut, indexSpans, type SpanIndex } from './spans.ts';
import { type SenderState, wayThrough } from './way.ts';

export type SendOptions = {
  /** Identity of the file: trouble is held against it, and another one probes. */
  readonly file: string;
  readonly signal: AbortSignal;
  /** How long one request may wait in hand for a destination in trouble. Default 15 s. */
  readonly patienceMs?: number;
};

/** A way to one destination. Keep it while the source lives: what was learned about the destination goes with its last sender. */
export type Sender = {
  /** Sends a batch, or goes on with what is left of one. Rejects only with the signal's reason. */
  readonly send: (batch: Batch | Consignment, options: SendOptions) => Promise<Outcome>;
  /** Resolves when it is worth sending again: at once where files flow, one file at a time where somebody must probe. */
  readonly ready: (file: string, signal: AbortSignal) => Promise<void>;
  readonly state: () => SenderState;
  /** Calls back when readiness or its reason changes, until the returned function is called. */
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
  /** How a file spaces its own repetitions while the way is free. */
  readonly repeat: Backoff;
  readonly onChange: (listener: () => void) => () => void;
  readonly release: () => void;
};

/** One body under way for one batch of one file. */
type Trip = { readonly body: Uint8Array; readonly strikeId: string } & Required<SendOptions>;
type Arrival = { readonly verdict: Exclude<Verdict, { is: 'trouble' }> };

export function sender({ destination, owner, endpoint, credential, options, repeat, onChange, release }: Parts): Sender {
  const { clock, observer, canSend = () => true, version = '0' } = options;
  const headers = requestHeaders(destination, `spanferry/${version}`);
  const way = wayThrough(endpoint.gate, credential.gate, clock);

  const request = async (body: Uint8Array, signal: AbortSignal): Promise<Verdict> => {
    const start = clock.monotonic();
    const answer = await post(endpoint.pool, destination, headers, body, { signal, canSend });
    const status = 'status' in answer ? answer.status : 0;
    observer?.answered?.({ destination: destination.shown, status, ms: clock.monotonic() - start, bytes: body.length });
    return judge(answer, destination, clock.now());
  };

  const inTurn = async ({ body, file, signal }: Trip): Promise<Verdict | 'shut' | 'fenced'> => {
    const endTurn = await endpoint.turns.take(owner, signal);
    try {
      // While it waited for its turn, the way may have closed, and the right to send may have gone.
      if (!way.isFree(file)) return 'shut';
      if (!canSend()) return 'fenced';
      return await way.go(file, () => request(body, signal));
    } catch (error) {
      if (error instanceof Fenced) return 'fenced';
      throw error;
    } finally {
      endTurn();
    }
  };

  /** Until the destination has decided about the body, or somebody else should decide about the file. */
  const carry = async (trip: Trip): Promise<(Arrival | Ending) & { readonly requests: number }> => {
    const { file, strikeId, signal, patienceMs } = trip;
    const giveUpAt = clock.monotonic() + patienceMs;
    for (let requests = 0; ; ) {
      const shut = await way.readyBy(giveUpAt, file, signal);
      if (shut) return { state: 'waiting', failure: shut, requests };
      const verdict = await inTurn(trip);
      if (verdict === 'shut') continue;
      if (verdict === 'fenced') return { state: 'fenced', requests };
      requests++;
      if (verdict.is !== 'trouble') {
        credential.strikes.passed(file, strikeId);
        return { verdict, requests };
      }
      const { failure } = verdict;
      if (credential.strikes.failed(file, strikeId)) return { state: 'failed', failure: paid(failure), requests };
      const pauseMs = backoffMs(repeat, requests - 1);
      if (clock.monotonic() + pauseMs > giveUpAt) return { state: 'waiting', failure, requests };
      await clock.sleep(pauseMs, signal);
    }
  };

  const send = async (given: Batch | Consignment, { file, signal, patienceMs = 15_000 }: SendOptions): Promise<Outcome> => {
    let consignment = 'sift' in given ? given : consign(given);
    const { batch } = consignment;
    let found: SpanIndex | undefined;
    const spans = () => {
      found ??= indexSpans(batch.body);
      return found;
    };
    for (let piece = nextPiece(consignment.sift); piece; piece = nextPiece(consignment.sift)) {
      const plain = isWhole(piece, batch) ? batch.body : cut(spans(), piece.from, piece.to);
      const body = await compress(plain, destination.compression);
      if (isDivisible(consignment.sift, piece) && endpoint.limit.forbids(body.length)) {
        consignment = { ...consignment, sift: split(consignment.sift, piece) };
        continue;
      }
      const end = await carry({ body, file, signal, patienceMs, strikeId: `${file}#${batch.index}` });
      consignment = carried(consignment, end.requests, body.length);
      if ('state' in end) return { ...end, rest: consignment, ...tallyOf(consignment, spans) };
      if (end.verdict.is === 'tooLarge') endpoint.limit.learn(body.length);
      consignment = decided(consignment, piece, end.verdict);
    }
    return { state: 'done', ...tallyOf(consignment, spans) };
  };

  return {
    send,
    ready: way.ready,
    state: way.state,
    watch: (listener) => onChange(whenNew(way.state, listener)),
    close: release,
  };
}

const isWhole = (piece: Piece, batch: Batch): boolean => piece.from === 0 && piece.to === batch.spans;

const carried = (consignment: Consignment, requests: number, bytes: number): Consignment => ({
  ...consignment,
  requests: consignment.requests + requests,
  bytes: consignment.bytes + requests * bytes,
});

function decided(consignment: Consignment, piece: Piece, verdict: Arrival['verdict']): Consignment {
  const isWarning = verdict.is === 'accepted' && verdict.rejected === 0 && verdict.words !== '';
  return { ...consignment, ...(isWarning && { warning: verdict.words }), sift: sifted(consignment.sift, piece, verdict) };
}

function sifted(sift: Sift, piece: Piece, verdict: Arrival['verdict']): Sift {
  switch (verdict.is) {
    case 'accepted':
      return accepted(sift, piece, verdict);
    case 'refused':
      return refused(sift, piece, verdict.words);
    case 'tooLarge':
      return tooLarge(sift, piece, verdict.words);
  }
}

const paid = (failure: Failure): Failure => ({
  reason: 'Undeliverable',
  message: `failed three times while other files passed; the last time: ${failure.message}`,
});

/** Passes on a state only when readiness or its reason differs from the last one. */
function whenNew(state: () => SenderState, listener: (state: SenderState) => void): () => void {
  const faceOf = (seen: SenderState) => (seen.ready ? '' : seen.failure.reason);
  let face = faceOf(state());
  return () => {
    const now = state();
    if (faceOf(now) === face) return;
    face = faceOf(now);
    listener(now);
  };
}
