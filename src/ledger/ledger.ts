import type { Failure } from '../api/failure.ts';
import type { LedgerHead } from '../api/ingestionledger.ts';
import { accept, check, type Read } from './check.ts';
import { countOf, type Entries, type Entry, merged, part, sorted, withoutFailures } from './entries.ts';
import type { Memory } from './memory.ts';
import { freeNumber, isFull, seal, withoutKnownBetter } from './seal.ts';
import { emptySegment, OPEN_ENTRIES, SEALED_ENTRIES, type Segment, type SegmentSpec, toSpec } from './segment.ts';

/** Where the segments of one source lie. Reads are quorum reads; `token` guards against a second writer. */
export type LedgerObjects = {
  readonly list: () => Promise<readonly { readonly spec: SegmentSpec; readonly token: string }[]>;
  /** Creates without a token, replaces with one, and returns the next token. Throws on a conflict, unless what lies there is the same. */
  readonly put: (spec: SegmentSpec, token?: string) => Promise<string>;
};

type Totals = LedgerHead['totals'];

/** How one file ended, or those of a pack together, and what they add to the totals. */
export type Verdict = Partial<Omit<Totals, 'files'>> & { readonly entries: readonly Entry[] };

/** The memory of one source. Only the leader has one. */
export type Ledger = {
  readonly lookup: Memory['lookup'];
  readonly knowsKey: Memory['knowsKey'];
  /** Counts at once; resolves when it is written. */
  readonly append: (verdict: Verdict) => Promise<void>;
  /** Writes what waits. What cannot be written goes on waiting, and the error is thrown. */
  readonly flush: () => Promise<void>;
  /** Changes the head, and writes. */
  readonly change: (edit: (head: LedgerHead) => Partial<Pick<LedgerHead, 'modified' | 'handled'>>) => Promise<void>;
  /** Forgets all failures, so that their files are found again. */
  readonly forgive: () => Promise<void>;
  readonly head: () => LedgerHead;
  readonly counts: () => { readonly entries: number; readonly failures: number; readonly segments: number; readonly bytes: number };
};

export type Opened = { readonly ok: true; readonly ledger: Ledger } | { readonly ok: false; readonly failure: Failure };

/** Reads the memory of a source. `acceptToken` is the annotation by which somebody accepts that part of it is lost. */
export async function openLedger(objects: LedgerObjects, seen: number, acceptToken?: string): Promise<Opened> {
  const stored = await objects.list();
  const specs = stored.map(({ spec }) => spec);
  const checked = check(specs, seen);
  const fresh = acceptToken !== undefined && acceptToken !== specs.find((spec) => spec.number === 0)?.head?.handled?.acceptLedger;
  if (!checked.ok && !fresh) return checked;

  const { holes, ...read } = checked.ok ? { ...checked, holes: [] } : accept(specs);
  const tokens = new Map(stored.map(({ spec, token }) => [spec.number, token]));
  const ledger = ledgerOf(objects, tokens, read);
  if (!checked.ok) {
    // A segment that is there but cannot be read is a hole as well: left as it is, it would stop the source again.
    for (const hole of holes) tokens.set(hole.number, await objects.put(toSpec(hole), tokens.get(hole.number)));
    await ledger.change((old) => ({ handled: { ...old.handled, ...(acceptToken !== undefined && { acceptLedger: acceptToken }) } }));
  }
  return { ok: true, ledger };
}

function ledgerOf(objects: LedgerObjects, tokens: Map<number, string>, { memory, ...read }: Read): Ledger {
  let { head } = read;
  let open = read.segments.find((each) => each.number === 0) ?? emptySegment(0, 0);
  let sequence = Math.max(0, ...read.segments.map((each) => each.sequence));
  let waiting: { verdict: Verdict; done: () => void }[] = [];
  /** Sealed segments that may be absorbed some day, and what is left of the full ones. */
  let others: readonly Segment[] = [];
  let settled = { segments: 0, entries: 0, last: 0 };

  /** Of a full segment only its number is kept: memory has its entries, and what it knows better than an older, small one is taken out of that at once. */
  const place = (segments: readonly Segment[]): void => {
    const full = segments.filter(isFull);
    others = segments.filter((each) => !isFull(each)).map((each) => withoutKnownBetter(each, full));
    settled = full.reduce(
      ({ segments: before, entries, last }, each) => ({
        segments: before + 1,
        entries: entries + countOf(each.entries),
        last: Math.max(last, each.number),
      }),
      settled,
    );
  };
  place(read.segments.filter((each) => each.number > 0));
  const last = (): number => Math.max(settled.last, ...others.map((each) => each.number));

  /** One write after the other: each stands on the tokens that the one before returned. */
  let tail: Promise<void> = Promise.resolve();
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const turn = tail.then(act);
    tail = turn.catch(() => {});
    return turn;
  };

  /**
   * A write whose answer was lost may have happened. It is repeated to the letter before the next one, so that the token for the
   * next one is ours and not that of somebody else.
   */
  const inDoubt = new Map<number, SegmentSpec>();
  const put = async (segment: Segment) => {
    const { number } = segment;
    for (const spec of [inDoubt.get(number), toSpec(segment)]) {
      if (!spec) continue;
      inDoubt.set(number, spec);
      tokens.set(number, await objects.put(spec, tokens.get(number)));
      inDoubt.delete(number);
    }
  };

  const counted = (batch: readonly { verdict: Verdict }[]): Pick<LedgerHead, 'expectedEntries' | 'completed' | 'failed' | 'totals'> => {
    const { entries, failures } = memory.counts();
    return {
      expectedEntries: entries,
      completed: entries - failures,
      failed: failures,
      totals: { ...batch.reduce(add, head.totals), files: entries },
    };
  };

  /** After an outage more may wait than one object holds: whole segments of it go first. Returns what is left. */
  const putSurplus = async (full: Segment): Promise<Segment> => {
    let { entries } = full;
    while (countOf(entries) > SEALED_ENTRIES) {
      const surplus: Segment = { number: freeNumber(others, last()), sequence: full.sequence, entries: part(entries, 0, SEALED_ENTRIES) };
      await put(surplus);
      place(replaced(others, surplus));
      entries = part(entries, SEALED_ENTRIES);
    }
    return { ...full, entries };
  };

  const write = async (edit: Partial<LedgerHead> = {}, kept: (entries: Entries) => Entries = (entries) => entries): Promise<void> => {
    // A copy: what is appended while the write is under way waits for the next one.
    const batch = [...waiting];
    // Counted before the attempt: what a failed one left behind is older than what the next one writes.
    sequence++;
    const [old, news] = [kept(open.entries), sorted(entriesOf(batch))];
    const nextHead: LedgerHead = { ...head, ...counted(batch), ...edit };

    // What the head counts already is sealed first; what is new appears together with the head that counts it, so that no crash parts the two.
    const together = merged(old, news);
    const isOver = countOf(together) > OPEN_ENTRIES;
    const next = await putSurplus({ number: 0, sequence, entries: isOver ? news : together });
    const sealing = isOver && countOf(old) > 0 ? seal({ ...open, entries: old }, others, last(), nextHead.forgiven) : undefined;
    if (sealing) await put(sealing.sealed);
    await put({ ...next, head: nextHead });
    if (sealing) place(replaced(others, sealing.sealed));
    open = next;
    head = nextHead;
    waiting = waiting.slice(batch.length);
    for (const { done } of batch) done();

    // All is written. One that cannot be emptied now is absorbed again some day: nothing in it is news.
    for (const free of sealing?.freed ?? []) {
      await put(free);
      place(replaced(others, free));
    }
  };

  return {
    lookup: memory.lookup,
    knowsKey: memory.knowsKey,
    append: (verdict) => {
      memory.add(verdict.entries);
      return new Promise((done) => waiting.push({ verdict, done }));
    },
    flush: () => inTurn(async () => (waiting.length > 0 ? write() : undefined)),
    change: (edit) => inTurn(() => write(edit(head))),
    forgive: () =>
      inTurn(async () => {
        await write();
        memory.forgive();
        // What failed in this very moment comes after what is forgiven, in memory as in the API server.
        memory.add(entriesOf(waiting));
        await write({ forgiven: sequence }, withoutFailures);
      }),
    head: () => head,
    counts: () => {
      const segments = [open, ...others];
      const entries = segments.reduce((sum, each) => sum + countOf(each.entries), settled.entries);
      return { ...memory.counts(), segments: segments.length + settled.segments, bytes: 16 * entries };
    },
  };
}

const entriesOf = (verdicts: readonly { readonly verdict: Verdict }[]): readonly Entry[] =>
  verdicts.flatMap(({ verdict }) => verdict.entries);

const add = (totals: Totals, { verdict }: { verdict: Verdict }): Totals => ({
  files: totals.files,
  spans: totals.spans + (verdict.spans ?? 0),
  bytes: totals.bytes + (verdict.bytes ?? 0),
  rejectedSpans: totals.rejectedSpans + (verdict.rejectedSpans ?? 0),
  retries: totals.retries + (verdict.retries ?? 0),
});

const replaced = (segments: readonly Segment[], by: Segment): readonly Segment[] => [
  ...segments.filter(({ number }) => number !== by.number),
  by,
];
