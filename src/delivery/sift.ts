import type { Reason } from '../api/reasons.ts';

/**
 * What is left to do of one batch, and what became of the rest. A batch starts as one piece; a refusal or a 413 halves the piece it
 * meets. Pure, so that it survives an outage in the middle: whoever holds it goes on where it stood.
 */
export type Sift = {
  readonly pieces: readonly Piece[];
  readonly accepted: number;
  readonly rejected: readonly Rejection[];
  /** Requests that served to tell good from bad, the refused first one included. */
  readonly spent: number;
  /** Where a batch of several files may be parted: before these spans. Without it, anywhere. */
  readonly joints?: readonly number[];
};

/** Spans `from` (included) to `to` (excluded). */
type Range = { readonly from: number; readonly to: number };

export type Piece = Range & {
  /** The words of the refusal that this piece was part of; absent where none of it was ever refused. */
  readonly refusal?: string;
  /** The other half of a refused piece: where this half is accepted, the fault lies there. */
  readonly twin?: Range;
};

/** Spans that the destination did not take. `range` is absent where it said how many, but not which. */
export type Rejection = { readonly reason: Reason; readonly words: string; readonly spans: number; readonly range?: Range };

/** How many requests a batch with bad spans may cost. */
export const SIFT_REQUESTS = 32;

export const startSift = (spans: number, joints?: readonly number[]): Sift => ({
  ...{ pieces: [{ from: 0, to: spans }], accepted: 0, rejected: [], spent: 0 },
  ...(joints && { joints }),
});

const sizeOf = ({ from, to }: Range): number => to - from;

/** Can a piece be halved? One span cannot, nor can the spans of one file among others: that file is judged as a whole. */
export const isDivisible = (sift: Sift, range: Range): boolean => middleOf(sift, range) !== undefined;

/** Where a piece is halved, as close to its middle as may be. */
function middleOf({ joints }: Sift, { from, to }: Range): number | undefined {
  const middle = from + Math.ceil((to - from) / 2);
  if (!joints) return to - from > 1 ? middle : undefined;
  let best: number | undefined;
  for (const joint of joints) {
    if (joint <= from || joint >= to) continue;
    if (best === undefined || Math.abs(joint - middle) < Math.abs(best - middle)) best = joint;
  }
  return best;
}

/** The largest piece comes first: should the requests run out, the least is left undecided. */
export function nextPiece({ pieces }: Sift): Piece | undefined {
  return pieces.reduce<Piece | undefined>((best, piece) => (best && sizeOf(best) >= sizeOf(piece) ? best : piece), undefined);
}

/** The piece arrived. Of a refused pair the fault is then in the other half, which is halved without asking again. */
export function accepted(sift: Sift, piece: Piece, partial: { readonly rejected: number; readonly words: string }): Sift {
  const lost = Math.min(partial.rejected, sizeOf(piece));
  const rest = piece.twin === undefined ? [] : [halved(sift, piece.twin, piece.refusal) ?? again(piece.twin, piece.refusal)];
  return withinBudget({
    ...asked(sift, piece),
    pieces: [...without(sift, piece), ...rest],
    accepted: sift.accepted + sizeOf(piece) - lost,
    rejected: lost > 0 ? [...sift.rejected, { reason: 'RefusedByDestination', words: partial.words, spans: lost }] : sift.rejected,
  });
}

/** The destination refused the content of the piece. */
export function refused(sift: Sift, piece: Piece, words: string): Sift {
  const twin = piece.twin ? [again(piece.twin, piece.refusal)] : [];
  const after = { ...asked(sift, { ...piece, refusal: words }), pieces: [...without(sift, piece), ...twin] };
  const half = halved(sift, piece, words);
  if (half) return withinBudget({ ...after, pieces: [...after.pieces, half] });
  return withinBudget(rejecting(after, piece, 'RefusedByDestination', words));
}

/** The piece is too large for one request. */
export function tooLarge(sift: Sift, piece: Piece, words: string): Sift {
  const after = asked(sift, piece);
  if (isDivisible(sift, piece)) return withinBudget(split(after, piece));
  const twin = piece.twin ? [again(piece.twin, piece.refusal)] : [];
  return withinBudget(rejecting({ ...after, pieces: [...without(after, piece), ...twin] }, piece, 'SpanTooLarge', words));
}

/** Halves a piece because of its size alone: neither half says anything about the other. */
export function split(sift: Sift, piece: Piece): Sift {
  const half = halved(sift, piece, piece.refusal);
  if (!half) return sift;
  const { twin, ...first } = half;
  const others = [twin, ...(piece.twin ? [piece.twin] : [])].map((range) => again(range, piece.refusal));
  return { ...sift, pieces: [...without(sift, piece), first, ...others] };
}

const without = (sift: Sift, piece: Piece): readonly Piece[] => sift.pieces.filter((each) => each !== piece);

const again = ({ from, to }: Range, refusal: string | undefined): Piece => ({ from, to, ...(refusal !== undefined && { refusal }) });

function halved(sift: Sift, { from, to }: Range, refusal: string | undefined): (Piece & { readonly twin: Range }) | undefined {
  const middle = middleOf(sift, { from, to });
  if (middle === undefined) return undefined;
  return { ...again({ from, to: middle }, refusal), twin: { from: middle, to } };
}

const asked = (sift: Sift, piece: Piece): Sift => (piece.refusal === undefined ? sift : { ...sift, spent: sift.spent + 1 });

function rejecting(sift: Sift, { from, to }: Range, reason: Reason, words: string): Sift {
  if (to === from) return sift;
  return { ...sift, rejected: [...sift.rejected, { reason, words, spans: to - from, range: { from, to } }] };
}

/** Once the requests are spent, what is still suspected is rejected as a whole. Pieces that were never refused go on. */
function withinBudget(sift: Sift): Sift {
  if (sift.spent < SIFT_REQUESTS) return sift;
  let after: Sift = { ...sift, pieces: sift.pieces.filter((piece) => piece.refusal === undefined) };
  for (const piece of sift.pieces) {
    if (piece.refusal === undefined) continue;
    const words = `${piece.refusal} (good and bad spans could not be told apart within ${SIFT_REQUESTS} requests)`;
    after = rejecting(after, { from: piece.from, to: piece.twin?.to ?? piece.to }, 'RefusedByDestination', words);
  }
  return after;
}
