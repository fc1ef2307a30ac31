import type { Condition } from '../api/conditions.ts';
import type { SourceStatus } from '../api/ingestionsource.ts';
import type { Happening } from './port.ts';
import { counted } from './sentence.ts';

/** What is worth an event, told by comparing a status with the one before. Pure. */
export function happenings(before: SourceStatus, after: SourceStatus): readonly Happening[] {
  return [...troubles(before, after), ...advice(before, after), ...scanned(before, after), ...tested(before, after)];
}

const conditionOf = ({ conditions = [] }: SourceStatus, type: string): Condition | undefined =>
  conditions.find((each) => each.type === type);

/** One warning per new reason; one word when all is well again, and when somebody suspends or resumes. */
function troubles(before: SourceStatus, after: SourceStatus): readonly Happening[] {
  const [was, is] = [conditionOf(before, 'Ready'), conditionOf(after, 'Ready')];
  if (is?.status === 'False') {
    const isNew = was?.status !== 'False' || was.reason !== is.reason;
    return isNew ? [{ type: 'Warning', reason: is.reason, action: 'Reconcile', note: is.message }] : [];
  }
  const normal = (reason: string, note = is?.message ?? ''): readonly Happening[] => [
    { type: 'Normal', reason, action: 'Reconcile', note },
  ];
  if (is?.reason !== was?.reason && is?.reason === 'Suspended') return normal('Suspended');
  if (is?.reason !== was?.reason && was?.reason === 'Suspended') return normal('Resumed');
  return is?.status === 'True' && was?.status === 'False' ? normal('Recovered', `after ${was.reason}: ${is.message}`) : [];
}

/** What works, although somebody should look at it: a bucket that is in another region. */
function advice(before: SourceStatus, after: SourceStatus): readonly Happening[] {
  const [was, is] = [conditionOf(before, 'StoreReady'), conditionOf(after, 'StoreReady')];
  if (is?.status !== 'True' || is.reason === 'Reachable' || was?.reason === is.reason) return [];
  return [{ type: 'Warning', reason: is.reason, action: 'Reconcile', note: is.message }];
}

function scanned(before: SourceStatus, { lastScan }: SourceStatus): readonly Happening[] {
  const { new: found = 0, listed = 0, startTime } = lastScan ?? {};
  if (found === 0 || startTime === before.lastScan?.startTime) return [];
  const note = `found ${counted(found, 'new file')} among ${counted(listed, 'object')}`;
  return [{ type: 'Normal', reason: 'ScanCompleted', action: 'Scan', note }];
}

function tested(before: SourceStatus, { lastTest }: SourceStatus): readonly Happening[] {
  if (!lastTest || lastTest.token === before.lastTest?.token) return [];
  const note = lastTest.message ?? '';
  return lastTest.ok
    ? [{ type: 'Normal', reason: 'TestSucceeded', action: 'Test', note }]
    : [{ type: 'Warning', reason: 'TestFailed', action: 'Test', note: `${lastTest.reason}: ${note}` }];
}

/** How soon a status must be written: at once, when counts have rested, or only now and then. */
export type Urgency = 'now' | 'counts' | 'times' | 'none';

/** Compares what people see. A scan that found nothing new is no reason to write by itself. */
export function urgency(before: SourceStatus, after: SourceStatus): Urgency {
  if (!same(withoutNumbers(before), withoutNumbers(after))) return 'now';
  const isNews = (after.lastScan?.new ?? 0) > 0 && after.lastScan?.startTime !== before.lastScan?.startTime;
  if (isNews || !same(withoutScan(before), withoutScan(after))) return 'counts';
  return same(before, after) ? 'none' : 'times';
}

const withoutNumbers = ({ conditions, observedGeneration, handled, lastTest, location, identity, modifiedAfter }: SourceStatus) => ({
  ...{ observedGeneration, handled, lastTest, location, identity, modifiedAfter },
  conditions: conditions?.map(({ message: _, ...rest }) => rest),
});

const withoutScan = ({ lastScan: _, ...status }: SourceStatus) => status;

/** Statuses are plain JSON; the order of members is not the same on both sides. */
const same = (a: unknown, b: unknown): boolean => sortedText(a) === sortedText(b);

const sortedText = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

const COUNTS_MS = 2_000;
const TIMES_MS = 300_000;

/** How long a status is to rest after the last write; 0 for at once, undefined for not at all. */
export function restMs(how: Urgency, sinceWrittenMs: number): number | undefined {
  switch (how) {
    case 'now':
      return 0;
    case 'counts':
      return Math.max(0, COUNTS_MS - sinceWrittenMs);
    case 'times':
      return Math.max(0, TIMES_MS - sinceWrittenMs);
    case 'none':
      return undefined;
    default:
      return how satisfies never;
  }
}
