import { annotations, type Trigger } from '../../src/api/annotations.ts';
import type { Condition } from '../../src/api/conditions.ts';
import type { IngestionFile } from '../../src/api/ingestionfile.ts';
import type { IngestionLedger } from '../../src/api/ingestionledger.ts';
import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import { type Account, account, chartRights, type Rights } from './account.ts';
import { apiServer } from './api-server.ts';
import { type CollectorStub, startCollector } from './collector-stub.ts';
import { eventually } from './eventually.ts';
import { type Followed, follow } from './follow.ts';
import { isInstalled, releaseReplica, stageHost } from './installed.ts';
import { misleading } from './kstatus.ts';
import { kubectlOk } from './kubectl.ts';
import { type Replica, startReplica } from './replica.ts';
import { type S3Server, startS3Server } from './s3-server/server.ts';

/** As much of an event as people see. */
export type SeenEvent = {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly kind: string; readonly name: string };
};

type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** A namespace with a bucket and a collector, and the operator in front of a real API server. */
export type Stage = {
  readonly namespace: string;
  readonly s3: S3Server;
  readonly bucket: string;
  readonly collector: CollectorStub;
  /** The keys in the Secret `s3-keys`, which may list and read. */
  readonly reader: Keys;
  /** The operator as the API server knows it: a ServiceAccount with the rights of the chart and no other. */
  readonly operator: Pick<Account, 'name' | 'kubeconfig'>;
  /** A replica of the operator that may reach loopback, where everything of a test is. `command` runs another build than the sources. */
  readonly start: (flags?: readonly string[], environment?: NodeJS.ProcessEnv, command?: readonly string[]) => Promise<Replica>;
  /** One that may not. */
  readonly startPlain: (flags?: readonly string[], environment?: NodeJS.ProcessEnv) => Promise<Replica>;
  /** SIGTERM to every replica that still runs. */
  readonly stopAll: () => Promise<void>;
  readonly apply: (object: object) => Promise<void>;
  readonly secret: (name: string, values: Readonly<Record<string, string>>, type?: string) => Promise<void>;
  /** A source of the bucket below the prefix `<name>/`. `store` replaces members of spec.store.s3, `spec` those of the spec. */
  readonly source: (name: string, spec?: object, store?: object) => Promise<void>;
  readonly put: (key: string, body: string | Uint8Array, modifiedTime?: number) => void;
  readonly get: (name: string) => Promise<IngestionSource>;
  readonly files: (source?: string) => Promise<readonly IngestionFile[]>;
  readonly file: (key: string) => Promise<IngestionFile | undefined>;
  readonly ledgers: (source: string) => Promise<readonly IngestionLedger[]>;
  /** What happened to an object of this name, in the order in which it was first told. */
  readonly events: (name: string) => Promise<readonly SeenEvent[]>;
  /** All that anybody could have seen of sources and records so far. */
  readonly followed: Pick<Followed, 'sources' | 'records'>;
  /** Merges into the spec of a source. */
  readonly edit: (name: string, spec: object) => Promise<void>;
  /** Sets a trigger on a source or a record. */
  readonly ask: (what: 'ingestionsources' | 'ingestionfiles', name: string, trigger: Trigger, token: string) => Promise<void>;
  readonly remove: (what: 'ingestionsources' | 'ingestionfiles' | 'ingestionledgers', name: string) => Promise<void>;
  /** Resolves once the counts of a source are these and nothing is under way. */
  readonly settled: (name: string, files: { readonly completed?: number; readonly failed?: number }) => Promise<IngestionSource>;
  /** Resolves once a condition is so. */
  readonly condition: (name: string, type: string, is: Partial<Condition> | 'absent') => Promise<IngestionSource>;
  /** Resolves once the record of a key is so. */
  readonly recorded: (key: string, is: Partial<IngestionFile['status']>) => Promise<IngestionFile>;
  readonly delivered: (ids: readonly string[]) => Promise<void>;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  readonly close: () => Promise<void>;
};

const GROUP = '/apis/spanferry.io/v1alpha1';

let count = 0;

/**
 * With `rights` the operator has these, in this namespace alone: start it with `--namespaces` then. Where the operator is an installed
 * release, it is there already, and has the rights and the collector that its chart has given it.
 */
export async function stage({ rights }: { readonly rights?: Rights } = {}): Promise<Stage> {
  const namespace = `stage-${process.pid}-${Date.now().toString(36)}-${count++}`;
  const bucket = 'acme-traces';
  const [s3, collector, api] = [await startS3Server({ host: stageHost }), await startCollector(undefined, stageHost), apiServer()];
  const { accessKeyId, secretAccessKey } = s3.identities.addUser('reader').credential;
  s3.createBucket(bucket);
  await api.call('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const operator = isInstalled
    ? itsOwn
    : rights
      ? await account(api, namespace, rights, 'namespace')
      : await account(api, namespace, await chartRights());
  const followed = await follow(api, namespace);
  const replicas: Replica[] = [];

  const inNamespace = (...args: readonly string[]) => kubectlOk(['-n', namespace, ...args]);
  const place = (plural: string, name = '') => `${GROUP}/namespaces/${namespace}/${plural}${name && `/${name}`}`;
  const list = async <T>(plural: string): Promise<readonly T[]> => (await api.call<{ items: T[] }>('GET', place(plural))).items;
  const apply = async (object: object) =>
    void (await kubectlOk(['-n', namespace, 'apply', '--server-side', '-f', '-'], JSON.stringify(object)));
  const merge = (path: string, patch: object) => api.call('PATCH', path, patch, 'application/merge-patch+json');
  const get = async (name: string): Promise<IngestionSource> => {
    const { metadata, ...rest } = await api.call<IngestionSource>('GET', place('ingestionsources', name));
    const { managedFields: _, ...kept } = { managedFields: undefined, ...metadata };
    return { ...rest, metadata: kept };
  };
  const files = async (source?: string) =>
    (await list<IngestionFile>('ingestionfiles')).filter(({ spec }) => source === undefined || spec.sourceRef.name === source);
  const file = async (key: string) => (await files()).find(({ spec }) => spec.key === key);
  const secret = (name: string, stringData: Readonly<Record<string, string>>, type = 'Opaque') =>
    apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, type, stringData });

  const start = async (
    flags: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
    command?: readonly string[],
  ): Promise<Replica> => {
    if (isInstalled) return releaseReplica(flags, environment);
    const own = ['--namespace', namespace, '--name', `replica-${replicas.length}`, '--collector-endpoint', collector.url];
    const settings = { KUBECONFIG: operator.kubeconfig, ...environment };
    const replica = await startReplica([...own, ...flags], settings, command);
    replicas.push(replica);
    return replica;
  };

  await secret('s3-keys', { accessKeyId, secretAccessKey });
  return {
    namespace,
    s3,
    bucket,
    collector,
    reader: { accessKeyId, secretAccessKey },
    operator,
    apply,
    secret,
    kubectl: inNamespace,
    get,
    files,
    file,
    start: (flags = [], environment = {}, command) => start(isInstalled ? flags : ['--allow-loopback', ...flags], environment, command),
    startPlain: start,
    stopAll: async () => void (await Promise.all(replicas.map((replica) => replica.stop()))),
    source: (name, spec = {}, store = {}) =>
      apply({
        apiVersion: 'spanferry.io/v1alpha1',
        kind: 'IngestionSource',
        metadata: { name },
        spec: {
          store: {
            s3: {
              bucket,
              prefix: `${name}/`,
              region: s3.region,
              endpoint: s3.endpoint,
              forcePathStyle: true,
              auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } },
              ...store,
            },
          },
          scan: { interval: '10s' },
          ...(isInstalled && { destination: { endpoint: collector.url } }),
          ...spec,
        },
      }),
    put: (key, body, modifiedTime) => s3.put(bucket, key, body, modifiedTime === undefined ? {} : { modifiedTime }),
    ledgers: async (source) => (await list<IngestionLedger>('ingestionledgers')).filter(({ spec }) => spec.sourceRef.name === source),
    events: async (name) => {
      const { items } = await api.call<{ items: SeenEvent[] }>('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
      return items.filter(({ regarding }) => regarding.name === name);
    },
    followed,
    edit: async (name, spec) => void (await merge(place('ingestionsources', name), { spec })),
    ask: async (what, name, trigger, token) =>
      void (await merge(place(what, name), { metadata: { annotations: { [annotations[trigger]]: token } } })),
    remove: async (what, name) => void (await api.call('DELETE', place(what, name))),
    settled: (name, { completed = 0, failed = 0 }) =>
      eventually(
        () => get(name),
        ({ status: { files: seen } }) =>
          seen?.completed === completed && seen.failed === failed && !seen.pending && !seen.processing && !seen.backlog,
      ),
    condition: (name, type, is) =>
      eventually(
        () => get(name),
        ({ status }) =>
          isSo(
            status.conditions?.find((each) => each.type === type),
            is,
          ),
      ),
    recorded: async (key, is) => {
      const record = await eventually(
        () => file(key),
        (seen) => isSo(seen?.status, is),
      );
      if (!record) throw new Error(`there is no record of ${key}`);
      return record;
    },
    delivered: async (ids) =>
      void (await eventually(
        () => ids.filter((id) => !collector.taken.has(id)),
        (missing) => missing.length === 0,
      )),
    close: async () => {
      await Promise.all(replicas.map((replica) => replica.kill()));
      // The next file's operator sees every namespace.
      await api.call('DELETE', place('ingestionsources'));
      await api.call('DELETE', place('ingestionfiles'));
      await operator.close();
      await followed.close();
      await Promise.all([collector.close(), s3.close(), api.close()]);
      const lives = Map.groupBy(followed.sources, ({ object }) => object.metadata.name);
      const complaints = [...lives.values()].flatMap(misleading);
      if (complaints.length > 0) throw new Error(`what sources said misleads:\n${complaints.slice(0, 10).join('\n')}`);
    },
  };
}

/** The account of a release: its pods have it. */
const itsOwn: Account = { name: 'the release', kubeconfig: '/dev/null', close: async () => {} };

function isSo<T extends object>(seen: T | undefined, wanted: Partial<T> | 'absent'): boolean {
  if (wanted === 'absent' || seen === undefined) return wanted === 'absent' && seen === undefined;
  return (Object.keys(wanted) as (keyof T)[]).every((name) => seen[name] === wanted[name]);
}
