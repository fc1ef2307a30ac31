import { parseArgs } from 'node:util';
import { z } from 'zod';
import { durationMs, parseDuration } from '../api/duration.ts';
import { logLevels } from '../observability/logger.ts';

const duration = (fallback: string) =>
  z
    .string()
    .refine((text) => parseDuration(text) !== undefined, 'write a time as 90s, 15m or 12h')
    .default(fallback)
    .transform(durationMs);

const whole = (fallback: number, least: number, most: number) =>
  z.coerce
    .number('write a whole number')
    .int('write a whole number')
    .min(least, `at least ${least}`)
    .max(most, `at most ${most}`)
    .default(fallback);

/** Names of namespaces with commas between them, as kubectl takes lists. */
const namespaces = z
  .string()
  .default('')
  .transform((text) => [...new Set(text.split(',').flatMap((name) => name.trim() || []))])
  .refine(
    (names) => names.every((name) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)),
    'write names of namespaces, as ml-platform,search',
  );

const flag = z
  .enum(['true', 'false'], 'write true or false')
  .default('false')
  .transform((text) => text === 'true');

/** What can be set, with its default and its description. The name of a field is that of its flag and of its variable. */
const schema = z.object({
  role: z.enum(['all', 'manager', 'worker'], 'write all, manager or worker').default('all').describe('what this process does'),
  namespace: z.string().min(1).default('spanferry').describe('namespace of the operator, where its Leases are'),
  namespaces: namespaces.describe('namespaces to look at, with commas between them; all of them where it is left out'),
  name: z.string().min(1).default('spanferry').describe('name of this process, usually the name of its pod'),
  collectorEndpoint: z
    .url({ protocol: /^https?$/, error: 'write a URL such as http://otel-collector:4318' })
    .default('http://localhost:4318')
    .describe("the operator's own collector, for sources without a destination"),
  collectorCompression: z.enum(['None', 'Zstd', 'Gzip'], 'write None, Zstd or Gzip').default('None').describe('compression towards it'),
  collectorCaFile: z.string().optional().describe('PEM file with the authority of its certificate'),
  apiWritesPerSecond: whole(100, 1, 100_000).describe('writes to the API server, of all processes together'),
  concurrency: whole(16, 1, 1_000).describe('files that a worker ferries at once'),
  memoryBudgetMb: whole(256, 16, 1_000_000).describe('bytes of files that a worker has in hand at once, in MiB'),
  threads: whole(1, 1, 64).describe('threads that transcode'),
  maxBatchBytes: whole(4 * 1024 * 1024, 64 * 1024, 16 * 1024 * 1024).describe('largest request to a destination'),
  maxExpansionRatio: whole(200, 2, 1_000_000).describe('most bytes that one byte of a compressed file may become'),
  allowLoopback: flag.describe('let sources name loopback addresses: for tests'),
  policyFile: z.string().optional().describe('tenancy policy: what each namespace may name'),
  stsEndpoint: z
    .url({ protocol: /^https?$/, error: 'write a URL such as https://sts.eu-west-1.amazonaws.com' })
    .optional()
    .describe('where STS answers, instead of AWS: for tests'),
  listen: z
    .string()
    .regex(/^[^\s]*:\d{1,5}$/, 'write host:port, such as 0.0.0.0:8080')
    .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'a port is at most 65535')
    .default('0.0.0.0:8080')
    .describe('address of /healthz, /readyz and /metrics'),
  logLevel: z
    .enum(logLevels, `write ${logLevels.join(', ')}`)
    .default('info')
    .describe('how much is logged'),
  drain: duration('25s').describe('how long files under way may take when the process is to stop'),
});

export type Settings = z.output<typeof schema>;

export type Parsed = { readonly ok: true; readonly settings: Settings } | { readonly ok: false; readonly sentences: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

const names = Object.keys(schema.shape) as readonly (keyof Settings)[];
const flagOf = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const variableOf = (name: string): string => `SPANFERRY_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;

/** Reads flags, then variables, then defaults. Every mistake is told in a sentence, all at once. */
export function parseSettings(args: readonly string[], environment: Environment): Parsed {
  const flags = readFlags(args);
  if (!flags.ok) return flags;
  const given = names.map((name) => [name, flags.values[flagOf(name)] ?? environment[variableOf(name)]] as const);
  const result = schema.safeParse(Object.fromEntries(given.filter(([, value]) => value !== undefined && value !== '')));
  if (result.success) return { ok: true, settings: result.data };
  return { ok: false, sentences: result.error.issues.map((issue) => sentence(String(issue.path[0]), issue.message, flags.values)) };
}

/** Lists the flags for `--help`. */
export function settingsHelp(): string {
  const rows = names.map((name) => {
    const field = schema.shape[name];
    const fallback = field.safeParse(undefined);
    const shown = fallback.success && fallback.data !== undefined ? String(fallback.data) : '';
    const text = shown === '' ? '' : ` (${name === 'drain' ? '25s' : shown})`;
    return `  --${flagOf(name).padEnd(24)} ${field.description ?? ''}${text}`;
  });
  return `${rows.join('\n')}\n\nEach flag is also a variable: --log-level is SPANFERRY_LOG_LEVEL.`;
}

function readFlags(args: readonly string[]): { ok: true; values: Record<string, string> } | { ok: false; sentences: readonly string[] } {
  const options = Object.fromEntries(names.map((name) => [flagOf(name), { type: 'string' } as const]));
  try {
    const { values } = parseArgs({ args: spelledOut(args), options, strict: true });
    const empty = Object.keys(values).filter((name) => values[name] === '');
    if (empty.length > 0) return { ok: false, sentences: empty.map((name) => `--${name}: give it a value, or leave it out`) };
    return { ok: true, values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])) };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message.split(/\. |[.;'] To /)[0] : String(thrown);
    return { ok: false, sentences: [`${message}: \`spanferry operator --help\` lists the flags`] };
  }
}

/** `--allow-loopback` alone means true. */
const spelledOut = (args: readonly string[]): string[] =>
  args.map((each, at) => (each === '--allow-loopback' && args[at + 1]?.startsWith('--') !== false ? '--allow-loopback=true' : each));

function sentence(name: string, message: string, flags: Readonly<Record<string, string>>): string {
  return `${flagOf(name) in flags ? `--${flagOf(name)}` : variableOf(name)}: ${message}`;
}
