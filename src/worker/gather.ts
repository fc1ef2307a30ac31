import type { Batch, Consignment, Outcome } from '../delivery/outcome.ts';
import type { Sender, SendOptions } from '../delivery/sender.ts';
import type { Piece, Sift } from '../delivery/sift.ts';
import type { Clock } from '../std/clock.ts';

/** A batch of one pack; it says where its files begin. */
export type Parcel = Batch & Required<Pick<Batch, 'joints'>>;

/** Lets packs of one source share requests: a pack of small files fills only a part of one. */
export type Gathering = {
  /** One more pack is on its way to send something. Returns what is to be called when it is through. */
  readonly enter: () => () => void;
  /** Waits for batches of other packs, then sends them together. Rejects only with the signal's reason. */
  readonly send: (parcel: Parcel, options: Pick<SendOptions, 'file' | 'signal'>) => Promise<Outcome>;
};

export type GatheringOptions = { readonly sender: Pick<Sender, 'send'>; readonly maxBytes: number; readonly clock: Clock };

type Waiting = {
  readonly parcel: Parcel;
  readonly file: string;
  readonly signal: AbortSignal;
  readonly settle: (outcome: Promise<Outcome>) => void;
};

/** Nobody waits longer for company, which is on its way already. */
const LINGER_MS = 5_000;
/** Where nobody is on the way, the next packs may be about to be bound: a worker that is faster than the leader would send half-empty requests. */
const REST_MS = 250;

export function gathering({ sender, maxBytes, clock }: GatheringOptions): Gathering {
  let waiting: Waiting[] = [];
  /** Packs that may still bring a batch: neither waiting nor in a request. */
  let coming = 0;
  let lingering: AbortController | undefined;
  let resting: AbortController | undefined;

  const flush = (): void => {
    lingering?.abort('not needed');
    resting?.abort('not needed');
    lingering = resting = undefined;
    const together = waiting;
    waiting = [];
    if (together.length > 0) dispatch(together);
  };

  const flushAfter = (ms: number): AbortController => {
    const over = new AbortController();
    void clock.sleep(ms, over.signal).then(flush, () => {});
    return over;
  };

  const come = (): void => {
    coming++;
    resting?.abort('not needed');
    resting = undefined;
  };

  const rest = (): void => {
    if (coming === 0 && waiting.length > 0) resting ??= flushAfter(REST_MS);
  };

  const dispatch = (together: readonly Waiting[]): void => {
    const batch = joined(together.map(({ parcel }) => parcel));
    const [first] = together as [Waiting];
    // Whoever gives up leaves the others to it; the request ends with the last one.
    const signal = allOf(together.map((each) => each.signal));
    const parts = sender.send(batch, { file: first.file, signal }).then((whole) =>
      partsOf(
        whole,
        together.map(({ parcel }) => parcel),
      ),
    );
    for (const [at, { settle }] of together.entries()) settle(parts.then((outcomes) => outcomes[at] as Outcome));
  };

  const add = (entry: Waiting): void => {
    const size = waiting.reduce((sum, { parcel }) => sum + parcel.body.length, 0);
    if (size + entry.parcel.body.length > maxBytes) flush();
    waiting.push(entry);
    lingering ??= flushAfter(LINGER_MS);
    rest();
  };

  const send = async (parcel: Parcel, { file, signal }: Pick<SendOptions, 'file' | 'signal'>): Promise<Outcome> => {
    signal.throwIfAborted();
    coming--;
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const entry: Waiting = { parcel, file, signal, settle: (outcome) => outcome.then(resolve, reject) };
    const leave = () => {
      waiting = waiting.filter((each) => each !== entry);
      reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      add(entry);
      return await promise;
    } finally {
      signal.removeEventListener('abort', leave);
      come();
    }
  };

  return {
    send,
    enter: () => {
      come();
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        coming--;
        rest();
      };
    },
  };
}

/** Requests in a row are one request to protobuf. */
function joined(parcels: readonly Parcel[]): Parcel {
  const [first] = parcels as [Parcel];
  if (parcels.length === 1) return first;
  const joints: number[] = [];
  let spans = 0;
  for (const parcel of parcels) {
    if (spans > 0) joints.push(spans);
    for (const joint of parcel.joints) joints.push(spans + joint);
    spans += parcel.spans;
  }
  return { index: first.index, body: Buffer.concat(parcels.map(({ body }) => body)), spans, joints };
}

/** What the outcome of a request means for each of the batches in it. What belongs to no file, such as the request itself, is counted with the first batch. */
export function partsOf(whole: Outcome, parcels: readonly Parcel[]): readonly Outcome[] {
  let from = 0;
  /** Spans that the destination left out without saying which. */
  let lost = whole.rejectedSpans;
  return parcels.map((parcel, at): Outcome => {
    const refused = (whole.refused ?? []).flatMap((range) => within(range, parcel, from));
    const open = whole.state === 'done' ? [] : openIn(whole.rest.sift).flatMap((range) => within(range, parcel, from));
    const taken = parcel.spans - sizeOf(refused) - sizeOf(open);
    const rejectedSpans = Math.min(lost, taken);
    const { requests, bytes } = at === 0 ? whole : { requests: 0, bytes: 0 };
    const tally = {
      ...{ accepted: taken - rejectedSpans, rejectedSpans, rejected: rejectedSpans > 0 ? whole.rejected : [], requests, bytes },
      ...(refused.length > 0 && { refused }),
      ...(whole.warning !== undefined && { warning: whole.warning }),
    };
    const part: Outcome =
      whole.state === 'done' ? { state: 'done', ...tally } : { ...whole, ...tally, rest: restOf(whole.rest, parcel, from) };
    from += parcel.spans;
    lost -= rejectedSpans;
    return part;
  });
}

/** Ranges about which nothing is decided yet. */
const openIn = ({ pieces }: Sift): readonly Piece[] =>
  pieces.flatMap(({ twin, ...piece }) => [piece, ...(twin ? [{ ...piece, ...twin }] : [])]);

/** One batch's part of a request that was decided in part. */
function restOf({ sift, warning }: Consignment, parcel: Parcel, from: number): Consignment {
  const pieces = openIn(sift).flatMap((piece) => within(piece, parcel, from));
  const rejected = sift.rejected.flatMap(({ range, ...each }) =>
    (range ? within(range, parcel, from) : []).map((its) => ({ ...each, range: its, spans: its.to - its.from })),
  );
  const accepted = parcel.spans - sizeOf(pieces) - sizeOf(rejected.map(({ range }) => range));
  const rest = { ...sift, pieces, rejected, accepted, joints: parcel.joints };
  return { batch: parcel, sift: rest, requests: 0, bytes: 0, ...(warning !== undefined && { warning }) };
}

type Range = { readonly from: number; readonly to: number };

/** The part of a range that lies in a batch, counted from the batch's first span. */
function within<R extends Range>(range: R, { spans }: Parcel, start: number): readonly R[] {
  const [from, to] = [Math.max(range.from - start, 0), Math.min(range.to - start, spans)];
  return from < to ? [{ ...range, from, to }] : [];
}

const sizeOf = (ranges: readonly Range[]): number => ranges.reduce((sum, { from, to }) => sum + to - from, 0);

/** Aborted once all of them are. */
function allOf(signals: readonly AbortSignal[]): AbortSignal {
  const [only] = signals;
  if (only && signals.length === 1) return only;
  const all = new AbortController();
  let left = signals.length;
  for (const signal of signals) {
    const onAbort = () => {
      if (--left === 0) all.abort(signal.reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  }
  return all.signal;
}
