import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { annotations, type Trigger } from '../../src/api/annotations.ts';
import type { IngestionFile } from '../../src/api/ingestionfile.ts';
import type { IngestionLedger } from '../../src/api/ingestionledger.ts';
import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import { sleep } from '../../src/std/sleep.ts';
import { type ApiServer, apiClient } from '../support/api-client.ts';
import { type ControlPlane, controlPlane } from '../support/controlplane.ts';
import { type S3Server, startS3Server } from '../support/s3-server/server.ts';
import { type Build, type Crew, startCrew } from './crew.ts';
import type { History } from './history.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { isPoison, numberOf, type TrueFile } from './truth.ts';

/** A source of the trial. All read one bucket, each below its own prefix. */
export type Origin = { readonly name: string; readonly namespace: string; readonly destination?: 'named' };

export const origins: readonly Origin[] = [
  { name: 'agents', namespace: 'team-a' },
  { name: 'batch', namespace: 'team-a', destination: 'named' },
  { name: 'reports', namespace: 'team-b' },
];

export const bucket = 'acme-traces';
const group = '/apis/spanferry.io/v1alpha1';
const crds = fileURLToPath(new URL('../../crds', import.meta.url));

/** Everything that a trial takes place in. */
export type World = {
  readonly plane: ControlPlane;
  readonly s3: S3Server;
  readonly receiver: Receiver;
  readonly crew: Crew;
  readonly objects: Objects;
  /** The key id with which sources read the bucket. */
  readonly keys: { readonly current: () => string; readonly set: (accessKeyId: string) => void };
  readonly close: () => Promise<void>;
};

/** An object that a person or a backup brings. */
export type Made = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: object;
};

type Metadata = { readonly namespace?: string; readonly name: string; readonly uid?: string | undefined };

/** What is in the API server, and the hands of people on it. */
export type Objects = {
  readonly sources: () => Promise<readonly IngestionSource[]>;
  readonly records: () => Promise<readonly IngestionFile[]>;
  readonly ledgers: () => Promise<readonly IngestionLedger[]>;
  /** Creates it; an object that is there stays as it is. */
  readonly make: (object: Made) => Promise<void>;
  readonly edit: (origin: Origin, spec: object) => Promise<void>;
  /** Where the object has a uid, nothing happens to another one that has its name by now. */
  readonly remove: (plural: string, object: { readonly metadata: Metadata }) => Promise<void>;
  readonly ask: (origin: Origin, trigger: Trigger, token: string) => Promise<void>;
  /** Sources, records and ledgers as a backup keeps them, in the order in which they are restored. */
  readonly backup: () => Promise<readonly Made[]>;
  /** Deletes all sources, records and ledgers. */
  readonly clear: () => Promise<void>;
  readonly setSecret: (namespace: string, name: string, values: Readonly<Record<string, string>>) => Promise<void>;
};

export type WorldOptions = {
  readonly history: History;
  readonly files: readonly TrueFile[];
  readonly build: Build;
  readonly folder: string;
};

/** Operator processes. */
export const SLOTS = 3;

/** Starts it all. What has been started is stopped again where something fails. */
export async function startWorld({ history, files, build, folder }: WorldOptions): Promise<World> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    const plane = await controlPlane({ crds: [crds] });
    closers.push(plane.stop);
    const api = apiClient(plane.rest);
    closers.push(api.close);
    const s3 = await startS3Server();
    closers.push(s3.close);
    s3.createBucket(bucket);
    const receiver = await startReceiver(history, (id) => {
      const file = files[numberOf(id)];
      return file !== undefined && isPoison(file, id);
    });
    closers.push(receiver.close);
    const objects = objectsOf(api);
    for (const name of ['spanferry', 'team-a', 'team-b']) await api.call('POST', '/api/v1/namespaces', { metadata: { name } });
    const { accessKeyId, secretAccessKey } = s3.identities.addUser('reader').credential;
    for (const namespace of ['team-a', 'team-b']) await objects.setSecret(namespace, 's3-keys', { accessKeyId, secretAccessKey });
    let keys = accessKeyId;
    receiver.expectToken('first');
    await objects.setSecret('team-a', 'collector', { token: 'first' });
    const flags = ['--namespace', 'spanferry', '--collector-endpoint', receiver.url, '--allow-loopback', '--max-batch-bytes', '65536'];
    const crew = await startCrew({ slots: SLOTS, build, flags, rest: plane.rest, folder: join(folder, 'crew'), history });
    closers.push(crew.close);
    const current = {
      current: () => keys,
      set: (next: string) => {
        keys = next;
      },
    };
    return { plane, s3, receiver, crew, objects, keys: current, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const plurals: Readonly<Record<string, string>> = {
  IngestionFile: 'ingestionfiles',
  IngestionLedger: 'ingestionledgers',
  IngestionSource: 'ingestionsources',
};

function objectsOf(api: ApiServer): Objects {
  const place = (plural: string, namespace = '', name = '') => `${group}/namespaces/${namespace}/${plural}${name && `/${name}`}`;
  const call = <T>(...[method, path, body, type]: Parameters<ApiServer['call']>) => patiently(() => api.call<T>(method, path, body, type));
  const all = async <T>(plural: string): Promise<readonly T[]> => (await call<{ items: readonly T[] }>('GET', `${group}/${plural}`)).items;
  const merge = (path: string, patch: object) => call('PATCH', path, patch, 'application/merge-patch+json');
  const remove: Objects['remove'] = async (plural, { metadata: { namespace, name, uid } }) => {
    const options = uid === undefined ? undefined : { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    await call('DELETE', place(plural, namespace, name), options)
      .catch(unless('404'))
      .catch(unless('409'));
  };
  return {
    sources: () => all<IngestionSource>('ingestionsources'),
    records: () => all<IngestionFile>('ingestionfiles'),
    ledgers: () => all<IngestionLedger>('ingestionledgers'),
    make: async (object) =>
      void (await call('POST', place(plurals[object.kind] ?? '', object.metadata.namespace), object).catch(unless('409'))),
    edit: async ({ namespace, name }, spec) =>
      void (await merge(place('ingestionsources', namespace, name), { spec }).catch(unless('404'))),
    ask: async ({ namespace, name }, trigger, token) =>
      void (await merge(place('ingestionsources', namespace, name), { metadata: { annotations: { [annotations[trigger]]: token } } }).catch(
        unless('404'),
      )),
    remove,
    backup: async () => (await Promise.all(Object.values(plurals).map((plural) => all<Made>(plural)))).flat().map(kept),
    clear: async () => {
      for (const plural of Object.values(plurals).reverse()) for (const object of await all<Made>(plural)) await remove(plural, object);
    },
    setSecret: async (namespace, name, values) => {
      const data = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data };
      const path = `/api/v1/namespaces/${namespace}/secrets/${name}?fieldManager=people&force=true`;
      await call('PATCH', path, secret, 'application/apply-patch+yaml');
    },
  };
}

/** As Velero keeps an object. */
const kept = ({ apiVersion, kind, metadata, spec }: Made): Made => {
  const { namespace, name, annotations } = metadata as Made['metadata'] & { readonly annotations?: object };
  return { apiVersion, kind, metadata: { namespace, name, ...(annotations && { annotations }) }, spec };
};

const unless = (code: string) => (error: Error) => {
  if (!error.message.includes(`: ${code} `)) throw error;
};

/** People try again while the API server is away; what it says to them is an answer. */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let left = 120; ; left--) {
    try {
      return await act();
    } catch (error) {
      const isAnswer = error instanceof Error && /: (40[0-9]|41[0-9]|422) /.test(error.message);
      if (isAnswer || left === 0) throw error;
      await sleep(500);
    }
  }
}

/** The manifest that people apply. */
export const manifestOf = ({ name, namespace, destination }: Origin, { s3, receiver }: Pick<World, 's3' | 'receiver'>): Made => ({
  apiVersion: 'spanferry.io/v1alpha1',
  kind: 'IngestionSource',
  metadata: { name, namespace },
  spec: {
    store: {
      s3: {
        bucket,
        prefix: `${name}/`,
        region: s3.region,
        endpoint: s3.endpoint,
        forcePathStyle: true,
        auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } },
      },
    },
    scan: { interval: '10s', extensions: ['.json', '.ndjson', '.binpb'] },
    history: { completed: 1_000, failed: 1_000 },
    ...(destination && {
      destination: { endpoint: `${receiver.url}/named`, authTokenSecretRef: { name: 'collector', key: 'token' }, compression: 'Zstd' },
    }),
  },
});
