import { gzipSync } from 'node:zlib';
import { agentFile, broken } from './agent.ts';
import { runs, ticket } from './runs.ts';
import type { SpanId } from './spans.ts';
import { supervisorFile, trips } from './supervisor.ts';

/** An object in the bucket before the demo begins. */
export type Upload = {
  readonly key: string;
  readonly body: Buffer;
  readonly storageClass?: 'GLACIER';
  /** What must arrive once the file can be ferried as it should be. */
  readonly spans: readonly SpanId[];
};

export type Contents = {
  readonly uploads: readonly Upload[];
  /** The file whose writer lost a digit of a trace id, and what it should have been. */
  readonly broken: { readonly key: string; readonly corrected: Buffer };
  /** The file that somebody moved to an archive class. */
  readonly archived: Upload;
  /** The file that is shown as a waterfall. */
  readonly shown: Upload;
};

export const prefixes = {
  checkout: 'agents/checkout/',
  travel: 'agents/travel/',
  billing: 'agents/billing/',
  support: 'agents/support/',
} as const;

/** Small files, one per run: they travel in packs. */
export const tickets = 100;

const minute = 60_000;

/** What four teams have written into the bucket in the last hour. */
export function bucketContents(now: number): Contents {
  const file = (key: string, minutesAgo: number, ...of: Parameters<typeof agentFile>[0]): Upload => ({
    key,
    ...agentFile(of, now - minutesAgo * minute),
  });
  const run = (number: number): string => `${prefixes.checkout}run-000${number}.json`;

  const shown = file(run(2), 36, runs.newAddress);
  const zipped = file(`${run(3)}.gz`, 31, runs.blueKettle, runs.spanish);
  const whole = file(run(4), 24, runs.cancel);
  const archived: Upload = { ...file(run(5), 19, runs.lastYear), storageClass: 'GLACIER' };
  const uploads: readonly Upload[] = [
    file(run(1), 42, runs.whereIsMyOrder, runs.chargedTwice),
    shown,
    { ...zipped, body: gzipSync(zipped.body) },
    { ...whole, body: broken(whole) },
    archived,
    ...trips.map((trip, i) => monocle(trip, now - (38 - 9 * i) * minute)),
    file(`${prefixes.billing}2291.json`, 12, runs.invoice),
    file(`${prefixes.billing}2292.json`, 8, runs.vatNumber),
    ...Array.from({ length: tickets }, (_, n) =>
      file(`${prefixes.support}ticket-${String(n).padStart(4, '0')}.json`, 60 - n / 4, ticket(n)),
    ),
  ];
  return { uploads, broken: { key: whole.key, corrected: whole.body }, archived, shown };
}

function monocle(trip: (typeof trips)[number], startedAt: number): Upload {
  const { traceId, ...sample } = supervisorFile(trip, startedAt);
  const at = new Date(startedAt).toISOString().slice(0, 19).replace('T', '__').replaceAll(':', '.');
  return { key: `${prefixes.travel}monocle_trace_${at}_${traceId}.ndjson`, ...sample };
}
