import type { Failure } from '../api/failure.ts';
import { failureOf } from '../api/failure.ts';
import { clip } from '../api/fields.ts';
import type { SourceSpec, SourceStatus } from '../api/ingestionsource.ts';
import { platformOf } from '../api/store.ts';
import type { Clock } from '../std/clock.ts';
import type { Store } from '../stores/store.ts';
import type { Filter } from './filter.ts';
import type { Link } from './link.ts';
import { counted, nothingMatches } from './sentence.ts';
import { counting, countSkipped } from './tally.ts';

export type TestResult = NonNullable<SourceStatus['lastTest']>;

/** Somebody waits for the answer, so counting ends after this time with "at least". */
const COUNT_MS = 10_000;

export type TestOptions = {
  readonly token: string;
  readonly spec: SourceSpec;
  /** Probed anew for this test, with Secrets that were read anew. */
  readonly link: Pick<Link, 'probe' | 'health' | 'store' | 'learned'>;
  readonly filter: Filter;
  readonly notBefore: number;
  readonly modifiedAfter?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Probes the store and counts the files that match, for `status.lastTest`. */
export async function testConnection(options: TestOptions): Promise<TestResult> {
  const { token, link, clock, signal } = options;
  await link.probe(signal);
  const health = link.health();
  const store = link.store();
  if (health.is === 'failed') return failedTest(token, health.failure, clock);
  if (!store) return failedTest(token, { reason: 'InternalError', message: 'the store could not be opened' }, clock);
  return count(options, store);
}

async function count(options: TestOptions, store: Pick<Store, 'list'>): Promise<TestResult> {
  const { token, spec, link, filter, notBefore, modifiedAfter, clock, signal } = options;
  const identity = link.learned()?.identity;
  const tally = counting();
  const deadline = clock.monotonic() + COUNT_MS;
  let isCut = false;
  try {
    for await (const { files } of store.list({ signal, notBefore })) {
      for (const file of files) {
        const why = filter(file, clock.now());
        tally.listed++;
        if (why) countSkipped(tally, file.key, why);
        else tally.matched++;
      }
      isCut = clock.monotonic() >= deadline;
      if (isCut) break;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    return failedTest(token, failureOf(thrown), clock);
  }
  const noun = platformOf(spec.store) ? 'slice' : 'file';
  const found = `${isCut ? 'at least ' : ''}${counted(tally.matched, `${noun} matches`, `${noun}s match`)}`;
  const said = tally.matched === 0 && !isCut ? nothingMatches(tally, spec, modifiedAfter) : found;
  const who = identity === undefined ? '' : `; the store knows us as ${identity}`;
  return { token, time: new Date(clock.now()).toISOString(), ok: true, filesFound: tally.matched, message: clip(`${said}${who}`) };
}

export const failedTest = (token: string, { reason, message }: Failure, clock: Clock): TestResult => ({
  token,
  time: new Date(clock.now()).toISOString(),
  ok: false,
  reason,
  message: clip(message),
});
