import { Failed, fail, failureOf } from '../api/failure.ts';
import { azureBlobPlace, azureBlobSecretNames } from './azureblob/place.ts';
import { azureMonitorPlace, azureMonitorSecretNames } from './azuremonitor/place.ts';
import { cloudTracePlace, cloudTraceSecretNames } from './cloudtrace/place.ts';
import { datadogPlace, datadogSecretNames } from './datadog/place.ts';
import { gcsPlace, gcsSecretNames } from './gcs/place.ts';
import type { OpenContext, Opener, Place, Provider, StoreOptions } from './provider.ts';
import { s3Place, s3SecretNames } from './s3/place.ts';
import type { StoreSpec, StoreSpecs } from './spec.ts';
import type { Store } from './store.ts';
import { xrayPlace, xraySecretNames } from './xray/place.ts';

type Kind = keyof StoreSpecs;

/** Every kind of store: what can be said without its SDK, and where its SDK is loaded from once a source needs it. */
const providers: { readonly [K in Kind]: Provider<StoreSpecs[K]> } = {
  s3: { place: s3Place, secretNames: s3SecretNames, load: async (options) => (await import('./s3/opener.ts')).s3Opener(options) },
  gcs: { place: gcsPlace, secretNames: gcsSecretNames, load: async (options) => (await import('./gcs/opener.ts')).gcsOpener(options) },
  azureBlob: {
    place: azureBlobPlace,
    secretNames: azureBlobSecretNames,
    load: async (options) => (await import('./azureblob/opener.ts')).azureBlobOpener(options),
  },
  xray: {
    place: xrayPlace,
    secretNames: xraySecretNames,
    load: async (options) => (await import('./xray/opener.ts')).xrayOpener(options),
  },
  cloudTrace: {
    place: cloudTracePlace,
    secretNames: cloudTraceSecretNames,
    load: async (options) => (await import('./cloudtrace/opener.ts')).cloudTraceOpener(options),
  },
  azureMonitor: {
    place: azureMonitorPlace,
    secretNames: azureMonitorSecretNames,
    load: async (options) => (await import('./azuremonitor/opener.ts')).azureMonitorOpener(options),
  },
  datadog: {
    place: datadogPlace,
    secretNames: datadogSecretNames,
    load: async (options) => (await import('./datadog/opener.ts')).datadogOpener(options),
  },
};

const kinds = Object.keys(providers) as readonly Kind[];

type Opening<K extends Kind> = Promise<Opener<StoreSpecs[K]>>;
type Openers = { [K in Kind]?: Opening<K> };

/** Opens the stores of sources. Stores of one identity and endpoint share a client. */
export type Stores = {
  readonly open: (spec: StoreSpec, context: OpenContext) => Promise<Store>;
  readonly close: () => void;
};

/** Where a source looks, for people and for the ledger. */
export const placeOf = (spec: StoreSpec): Place => chosen(spec, (kind, member) => providers[kind].place(member));

/** Names of the Secrets that a store needs, each once. */
export const secretNamesOf = (spec: StoreSpec): readonly string[] => [
  ...new Set(chosen(spec, (kind, member) => providers[kind].secretNames(member))),
];

/** Starts without any SDK; each is loaded when the first source needs it. */
export function openStores(options: StoreOptions = {}): Stores {
  const openers: Openers = {};
  const opener = <K extends Kind>(kind: K) => (openers[kind] ??= load(kind) as Openers[K] & Opening<K>);

  /** A client that cannot be loaded is trouble of its own sources alone; the next one that needs it tries again. */
  const load = <K extends Kind>(kind: K): Opening<K> =>
    providers[kind].load(options).catch((thrown: unknown) => {
      delete openers[kind];
      throw new Failed({
        reason: 'InternalError',
        message: `the client of ${kind} cannot be loaded: ${failureOf(thrown).message}`,
        cause: thrown,
      });
    });

  return {
    open: (spec, context) => chosen(spec, async (kind, member) => (await opener(kind)).open(member, context)),
    close: () => {
      for (const opening of Object.values(openers)) opening.then((opener) => opener.close()).catch(() => {});
    },
  };
}

/** Calls back with the one member that the spec has. */
function chosen<Result>(spec: StoreSpec, then: <K extends Kind>(kind: K, member: StoreSpecs[K]) => Result): Result {
  for (const kind of kinds) {
    const member = spec[kind];
    if (member !== undefined) return then(kind, member);
  }
  return fail('InvalidSpec', `spec.store needs one of ${kinds.join(', ')}`);
}
