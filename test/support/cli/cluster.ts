import { parseFile, parseSource } from '../../../src/api/parse.ts';
import type { Cluster } from '../../../src/cli/cluster/session.ts';
import type { File, Source } from '../../../src/kube/ownkinds.ts';
import type { SegmentSpec } from '../../../src/ledger/segment.ts';
import { captured, type World } from './io.ts';

/** The moment at which screens are drawn. */
export const now = Date.parse('2026-11-20T12:00:00Z');
export const secondsAgo = (seconds: number): string => new Date(now - seconds * 1_000).toISOString();

const metadata = { namespace: 'ml-platform', uid: '5f4dcc3b-0000-4000-8000-000000000001', resourceVersion: '42', generation: 3 };

/** A source as the API server would hand it out. */
export function source(name: string, spec: object = {}, status: object = {}): Source {
  const parsed = parseSource({
    apiVersion: 'spanferry.io/v1alpha1',
    kind: 'IngestionSource',
    metadata: { ...metadata, name },
    spec: { store: { s3: { bucket: 'acme-traces', prefix: 'agents/prod/', region: 'us-east-1' } }, ...spec },
    status: { observedGeneration: 3, location: 's3://acme-traces/agents/prod/', ...status },
  });
  if (!parsed.ok) throw new Error(parsed.failure.message);
  return parsed.value as Source;
}

/** A record of `checkout-agents`. */
export function record(key: string, status: object = {}, spec: object = {}): File {
  const parsed = parseFile({
    apiVersion: 'spanferry.io/v1alpha1',
    kind: 'IngestionFile',
    metadata: { ...metadata, name: `checkout-agents-${key.length}`, creationTimestamp: secondsAgo(3_600) },
    spec: { sourceRef: { name: 'checkout-agents' }, key, version: '"e1"', size: 4_300, modifiedTime: secondsAgo(4_000), ...spec },
    status,
  });
  if (!parsed.ok) throw new Error(parsed.failure.message);
  return parsed.value as File;
}

/** A record of many small files of `checkout-agents`, called run-0.json and so on. */
export function pack(files: number, status: object = {}): File {
  const { spec, ...rest } = record('pack', status);
  const named = Array.from({ length: files }, (_, i) => ({
    key: `agents/prod/run-${i}.json`,
    version: '"e1"',
    size: 1_000 + i,
    modifiedTime: secondsAgo(4_000),
  }));
  return { ...rest, spec: { sourceRef: spec.sourceRef, pack: named, title: `agents/prod/run-0.json +${files - 1}` } };
}

type Objects = {
  readonly sources?: readonly Source[];
  readonly files?: readonly File[];
  /** Segments of the ledger of the only source. */
  readonly segments?: readonly SegmentSpec[];
  /** Values of Secrets by name and key. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

/** A cluster that knows these objects and nothing else, at the moment `now`, and what a command wrote. Whatever an operator is asked for is done already. */
export function toldCluster(objects: Objects, world: World = {}) {
  const clock = { now: () => now, monotonic: () => 0, sleep: async () => {} };
  const { io, out, err } = captured({ clock, ...world });
  async function* list<T>(items: readonly T[]) {
    yield { items, misfits: [], resourceVersion: '42' };
  }
  const lease = { metadata: {}, spec: { holderIdentity: 'worker', renewTime: secondsAgo(5) } };
  let handled: object = {};
  const kube = {
    sources: {
      get: async ({ name }: { name: string }) => {
        const found = objects.sources?.find((each) => each.metadata.name === name);
        return found && { ...found, status: { ...found.status, handled } };
      },
      list: () => list(objects.sources ?? []),
      patch: async (_ref: object, steps: readonly { value: Readonly<Record<string, string>> }[]) => {
        const tokens = Object.entries(steps.at(-1)?.value ?? {}).map(([name, token]) => [name.replace(/.*\//, ''), token]);
        handled = Object.fromEntries(tokens);
      },
    },
    files: { list: () => list(objects.files ?? []), patch: async () => {} },
    ledgers: { list: () => list((objects.segments ?? []).map((spec) => ({ metadata, spec }))) },
    leases: { list: () => list([lease]) },
    secrets: {
      get: async ({ name }: { name: string }) => ({
        data: Object.fromEntries(
          Object.entries(objects.secrets?.[name] ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
        ),
      }),
    },
  };
  // Only what the commands of a test take.
  const cluster = { kube, namespace: 'ml-platform', where: 'the cluster', io } as unknown as Cluster;
  return { cluster, out, err };
}
