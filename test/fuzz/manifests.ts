import { durationMs } from '../../src/api/duration.ts';
import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import { takes } from '../../src/api/match.ts';
import { parseFile, parseLedger, parseSource } from '../../src/api/parse.ts';
import { parsePolicy } from '../../src/operator/policy.ts';
import { placeOf, secretNamesOf } from '../../src/stores/registry.ts';
import { objectOf, rows } from '../support/api/manifests.ts';
import { mutated, type Subject, slipIn } from './subject.ts';

const policy = parsePolicy(
  'namespaces: {"*": {buckets: ["s3://acme-*", "gs://*"], roleArns: ["arn:aws:iam::1*:role/*"], destinations: []}}',
);
const parsers = { IngestionSource: parseSource, IngestionFile: parseFile, IngestionLedger: parseLedger };

/** Manifests: each is taken, and then understood everywhere, or refused with a sentence that names the field. */
export const manifests: Subject = {
  name: 'manifests',
  take: (random) => {
    const row = random.pick(rows);
    const { metadata, ...rest } = objectOf(row, 'fuzzed');
    const object = mutated(random, { metadata: { ...metadata, namespace: 'ml-platform' }, ...rest });
    const parsed = parsers[row.kind](object);
    if (!parsed.ok) return slipIn(parsed.failure.message);
    return row.kind === 'IngestionSource' ? used(parsed.value as IngestionSource) : undefined;
  },
};

/** What the operator asks of a source that it has taken. */
function used({ spec, metadata }: IngestionSource): string | undefined {
  const words = [placeOf(spec.store).location, ...secretNamesOf(spec.store)];
  takes({ spec }, 'agents/prod/run-7.json');
  const interval = durationMs(spec.scan.interval);
  if (!(interval >= 10_000)) return `takes an interval of ${interval} ms`;
  const refusal = policy.refusal(metadata.namespace ?? '', spec);
  return [...words, refusal?.message ?? 'fine'].map(slipIn).find((slip) => slip !== undefined);
}
