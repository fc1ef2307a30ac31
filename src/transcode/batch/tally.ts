import type { Failure } from '../../api/failure.ts';
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
  readonly services = new Set<string>();
  readonly applicationIds = new Set<string>();
  #warnings = new Map<string, { count: number; offset?: number }>();
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
    for (const [key, value] of told(head)) {
      if (key === 'service.name') keep(this.services, value);
      if (key === 'application.id') keep(this.applicationIds, value);
    }
  }

  summary(format: string, bytes: number): Summary {
    if (!this.traces.exact) this.warn(`more than ${EXACT_TRACES} traces: their number is an estimate`);
    const first = (BigInt(this.#firstHigh) << 32n) | BigInt(this.#firstLow);
    const last = (BigInt(this.#lastHigh) << 32n) | BigInt(this.#lastLow);
    return {
      format,
      spans: this.spans,
      rejectedSpans: this.rejectedSpans,
      traces: this.traces.count,
      rejected: this.rejected,
      bytes,
      batches: this.batches,
      services: [...this.services],
      applicationIds: [...this.applicationIds],
      ...(first === 0xffffffffffffffffn ? {} : { firstSpanTime: first }),
      ...(last === 0n ? {} : { lastSpanTime: last }),
      warnings: this.#list(),
    };
  }

  #list(): Warning[] {
    const list: Warning[] = [...this.#warnings].map(([message, { count, offset }]) => ({
      message,
      count,
      ...(offset === undefined ? {} : { offset }),
    }));
    if (this.#otherWarnings > 0) list.push({ message: 'more warnings of other kinds', count: this.#otherWarnings });
    return list;
  }
}

/** What was told of the resource that was met last: where files are small, it is the same again and again. */
let last: { readonly head: Uint8Array; readonly found: ReturnType<typeof attributesOf<(typeof TOLD)[number]>> } | undefined;

function told(head: Uint8Array) {
  if (last?.head !== head) last = { head, found: attributesOf(head, TOLD) };
  return last.found;
}

function keep(names: Set<string>, name: string): void {
  if (names.size < NAMES) names.add(name);
}
