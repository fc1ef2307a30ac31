import { fail } from '../../api/failure.ts';
import type { Clock } from '../../std/clock.ts';
import type { ListOptions, Page, Probe, Store } from '../store.ts';
import { passes, type Schedule, type Slice, sliceFiles, sliceOf } from './grid.ts';
import { type Found, lines, written } from './otlp.ts';
import type { Remembered } from './schedule.ts';

/** How long the next request may wait for the budget, and what ends the reading. */
export type Pace = { readonly patienceMs: () => number; readonly signal: AbortSignal };

/** A trace platform, ready to be asked. */
export type Platform = {
  /** For people: `datadog://eu1/checkout-agents`. */
  readonly location: string;
  readonly schedule: Schedule;
  readonly memory: Remembered;
  readonly clock: Clock;
  readonly probe: (signal: AbortSignal) => Promise<Probe>;
  /** All spans of a slice, page by page. It fails rather than leave one out. */
  readonly pull: (slice: Slice, pace: Pace) => AsyncIterable<readonly Found[]>;
  readonly close: () => void;
};

const PROBE_MS = 10_000;
/** A slice that cannot begin so soon gives its slot back. One that has begun waits, for its pages would have to be paid again. */
const PATIENCE_MS = 5_000;
/** An empty line so often shows that a slice still waits for its turn and is not stuck. */
const SIGN_OF_LIFE_MS = 60_000;
const PAGE_CAP = 1_000;

/** A platform behind the port of the stores: its files are slices of time, and their bytes are lines of OTLP JSON. */
export function sliceStore(platform: Platform): Store {
  const { location, schedule, clock, memory, close } = platform;
  return {
    location,
    rereads: 'may differ',
    probe: async (signal) => {
      const late = AbortSignal.timeout(PROBE_MS);
      try {
        return await platform.probe(signal ? AbortSignal.any([signal, late]) : late);
      } catch (thrown) {
        signal?.throwIfAborted();
        if (late.aborted) fail('StoreUnavailable', `${location} did not answer within ${PROBE_MS / 1_000} s`);
        throw thrown;
      }
    },
    list: (options = {}) => list(schedule, clock.now(), options),
    open: ({ key, version }, { from = 0, signal } = {}) => {
      if (from > 0) fail('InternalError', `${key} cannot be read from the middle: the platform may answer otherwise by now`);
      return withSigns(platform, (inner) => read(platform, key, version, inner), signal);
    },
    done: ({ key, version }) => memory.it.accepted(sliceOf(key), version),
    close: () => {
      memory.release();
      close();
    },
  };
}

/** Pages of the grid; where a delimiter is given, keys are rolled up at it, as buckets do. */
async function* list(schedule: Schedule, now: number, options: ListOptions): AsyncGenerator<Page, void, undefined> {
  const { prefix = '', delimiter, pageSize = PAGE_CAP } = options;
  let page: { files: Page['files'][number][]; folders: string[] } = { files: [], folders: [] };
  for (const file of sliceFiles(schedule, now, options)) {
    const at = delimiter === undefined ? -1 : file.key.indexOf(delimiter, prefix.length);
    if (at < 0) page.files.push(file);
    else page.folders.push(file.key.slice(0, at + 1));
    if (page.files.length + page.folders.length < Math.min(pageSize, PAGE_CAP)) continue;
    yield page;
    page = { files: [], folders: [] };
  }
  yield page;
}

/** The first line makes an empty slice a file without spans. */
const FIRST_LINE = '{"resourceSpans":[]}\n';

async function* read(platform: Platform, key: string, version: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const slice = sliceOf(key);
  if (version !== passes.first && version !== passes.last) fail('Deleted', `${key} has no pass ${version}`);
  const memory = platform.memory.it;
  const release = await memory.turn.acquire(1, signal);
  let begun = false;
  try {
    const { isRepeat } = memory.begin(slice, version);
    yield Buffer.from(FIRST_LINE);
    for await (const page of platform.pull(slice, { signal, patienceMs: () => (begun ? Number.POSITIVE_INFINITY : PATIENCE_MS) })) {
      begun = true;
      const text = lines(page.map(written).filter((each) => !isRepeat(each)));
      if (text !== '') yield Buffer.from(text);
    }
  } finally {
    release();
  }
}

/** Passes chunks on, and gives an empty line whenever nothing has come for a while. Who leaves ends the reading, whatever it waits for. */
async function* withSigns(
  { clock }: Platform,
  open: (signal: AbortSignal) => AsyncGenerator<Uint8Array, void, undefined>,
  outer?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const leaving = new AbortController();
  const chunks = open(outer ? AbortSignal.any([outer, leaving.signal]) : leaving.signal);
  try {
    for (;;) {
      const next = chunks.next();
      while (!(await comesSoon(next, clock))) yield Buffer.from('\n');
      const { value, done } = await next;
      if (done) return;
      yield value;
    }
  } finally {
    leaving.abort();
    await chunks.return().catch(() => {});
  }
}

/** False where it still has not come after a while. */
async function comesSoon(next: Promise<unknown>, clock: Clock): Promise<boolean> {
  const came = new AbortController();
  const silence = clock.sleep(SIGN_OF_LIFE_MS, came.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([next.then(() => true), silence]);
  } finally {
    came.abort();
  }
}
