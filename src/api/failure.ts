import { type FailureKind, type Reason, type ReasonRow, reasons, type Side } from './reasons.ts';

/** What crosses rooms when something goes wrong. `message` says what was seen, without a secret or a query string. */
export type Failure = {
  readonly reason: Reason;
  readonly message: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
};

/** Carries a failure where only a throw can: out of a stream or a callback. */
export class Failed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`${failure.reason}: ${failure.message}`, { cause: failure.cause });
    this.name = 'Failed';
    this.failure = failure;
  }
}

/** Told by its shape: each bundle of the command has a class of its own. */
export const isFailed = (thrown: unknown): thrown is Failed => thrown instanceof Error && 'failure' in thrown;

/** Throws a failure, as an expression. */
export function fail(reason: Reason, message: string, more: Omit<Failure, 'reason' | 'message'> = {}): never {
  throw new Failed({ reason, message, ...more });
}

/** The failure inside whatever was thrown. What nobody foresaw is a mistake of ours and says so. */
export function failureOf(thrown: unknown): Failure {
  if (isFailed(thrown)) return thrown.failure;
  return { reason: 'InternalError', message: thrown instanceof Error ? thrown.message : String(thrown), cause: thrown };
}

/** How to treat a failure follows from its reason alone. */
export const kindOf = (failure: Failure): FailureKind => reasons[failure.reason].kind;

/** Whose trouble a reason tells of; undefined where it is that of a single file, of the spec or of the operator. */
export const sideOf = (reason: Reason): Side | undefined => {
  const row: ReasonRow = reasons[reason];
  return row.side;
};

/** Trouble of a store or destination makes files wait, and so does whatever somebody must mend; the rest belongs to the file. */
export const makesFilesWait = (reason: Reason): boolean => reasons[reason].kind === 'waiting' || sideOf(reason) !== undefined;

/** "RegionMismatch: bucket acme-traces is in eu-west-1. Set spec.store.s3.region to …" */
export const explain = ({ reason, message }: Failure): string =>
  // A store's own words may end with a full stop.
  `${reason}: ${message.replace(/\.$/, '')}. ${sentence(reasons[reason].remedy)}`;

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
