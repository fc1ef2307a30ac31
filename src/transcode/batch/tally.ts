import type { Failure } from '../../api/failure.ts';
import type { Mutable } from '../../std/mutable.ts';
import type { RejectedSpan, Summary, Warning } from '../port.ts';
import { attributesOf } from './attributes.ts';
import { EXACT_TRACES, TraceCount } from './traces.ts';

const REJECTED = 20;
const WARNINGS = 20;
const NAMES = 100;
/** Of a resource's attributes these are told. */
const TOLD = ['service.name', 'application.id'] as const;

/** What the summary is made of, gathered while a file goes by. Lists are bounded, counts are exact. */
export class Tally {
  spans = 0;
  batches = 0;
  rejectedSpans = 0;
  /** How often something was said about the file: rejected spans and warnings. */
  told = 0;
  readonly traces = new TraceCount();
  readonly rejected: RejectedSpan[] = [];
  readonly services: string[] = [];
  readonly applicationIds: string[] = [];
  /** Made for the first one: there is a tally for each of many small files. */
  #warnings: Map<string, { count: number; offset?: number }> | undefined;
  #otherWarnings = 0;
  #firstHigh = 0xffffffff;
  #firstLow = 0xffffffff;
  #lastHigh = 0;
  #lastLow = 0;
  #lastResource: Uint8Array | undefined;

  reject(failure: Failure, offset: number, line?: number): void {
    this.rejectedSpans++;
    this.told++;
    if (this.rejected.length < REJECTED) this.rejected.push({ ...failure, offset, ...(line === undefined ? {} : { line }) });
  }

  warn(message: string, offset?: number, count = 1): void {
    this.told++;
    this.#warnings ??= new Map();
    const held = this.#warnings.get(message);
    if (held) held.count += count;
    else if (this.#warnings.size < WARNINGS - 1) this.#warnings.set(message, { count, ...(offset === undefined ? {} : { offset }) });
    else this.#otherWarnings += count;
  }

  /** A span without a time does not move the range. */
  times(firstHigh: number, firstLow: number, lastHigh: number, lastLow: number): void {
    const started = (firstHigh | firstLow) !== 0;
    if (started && (firstHigh < this.#firstHigh || (firstHigh === this.#firstHigh && firstLow < this.#firstLow))) {
      this.#firstHigh = firstHigh;
      this.#firstLow = firstLow;
    }
    if (lastHigh > this.#lastHigh || (lastHigh === this.#lastHigh && lastLow > this.#lastLow)) {
      this.#lastHigh = lastHigh;
      this.#lastLow = lastLow;
    }
  }

  /** Notes services and application ids of a resource that has spans; `head` is the encoded field. */
  resource(head: Uint8Array): void {
    if (this.#lastResource === head) return;
    if (this.#lastResource && Buffer.compare(this.#lastResource, head) === 0) return;
    this.#lastResource = head;
    for (const [key, value] of namesIn(head)) {
      if (key === 'service.name') keep(this.services, value);
      if (key === 'application.id') keep(this.applicationIds, value);
    }
  }

  summary(format: string, bytes: number): Summary {
    if (!this.traces.exact) this.warn(`more than ${EXACT_TRACES} traces: their number is an estimate`);
    const summary: Mutable<Summary> = {
      format,
      spans: this.spans,
      rejectedSpans: this.rejectedSpans,
      traces: this.traces.count,
      rejected: this.rejected,
      bytes,
      batches: this.batches,
      services: this.services,
      applicationIds: this.applicationIds,
      warnings: this.#warnings ? list(this.#warnings, this.#otherWarnings) : [],
    };
    // No spreading: there is a summary for each of many small files.
    if ((this.#firstHigh & this.#firstLow) !== -1) summary.firstSpanTime = nanoseconds(this.#firstHigh, this.#firstLow);
    if ((this.#lastHigh | this.#lastLow) !== 0) summary.lastSpanTime = nanoseconds(this.#lastHigh, this.#lastLow);
    return summary;
  }
}

function list(warnings: ReadonlyMap<string, { readonly count: number; readonly offset?: number }>, others: number): Warning[] {
  const all: Warning[] = [...warnings].map(([message, { count, offset }]) => ({
    message,
    count,
    ...(offset === undefined ? {} : { offset }),
  }));
  if (others > 0) all.push({ message: 'more warnings of other kinds', count: others });
  return all;
}

const nanoseconds = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low);

/** What was told of the resource that was met last: where files are small, it is the same again and again. */
let last: { readonly head: Uint8Array; readonly found: ReturnType<typeof attributesOf<(typeof TOLD)[number]>> } | undefined;

function namesIn(head: Uint8Array) {
  if (last?.head !== head) last = { head, found: attributesOf(head, TOLD) };
  return last.found;
}

function keep(names: string[], name: string): void {
  if (names.length < NAMES && !names.includes(name)) names.push(name);
}
