import type { Clock } from '../std/clock.ts';
import type { ProxyEnv } from '../std/egress.ts';
import type { Store } from './store.ts';

/** The parts of a file's identity that its store gives: never a prefix or a region, which an edit may correct. */
export type StoreIdentity = {
  /** Kind of store: `s3`, `gcs`, `azureBlob`, `xray`, `cloudTrace`, `azureMonitor`, `datadog`. */
  readonly kind: string;
  /** Endpoint or account: whatever makes a bucket's name unique. */
  readonly endpoint: string;
  readonly bucket: string;
};

/** Where a source looks. */
export type Place = {
  /** For people: `s3://acme-traces/agents/prod/`. */
  readonly location: string;
  /** For the ledger. */
  readonly identity: StoreIdentity;
  /** Where files are slices of time: how long each is. */
  readonly sliceMs?: number;
};

/** Values of the Secrets that a source names, fetched by the caller: name of the Secret → key → value. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Of an operator, not of a source: what all stores share. */
export type StoreOptions = {
  /** Lets sources reach loopback addresses: for tests and the demo. */
  readonly allowLoopback?: boolean;
  /** Proxies as the environment of the operator names them. */
  readonly proxy?: ProxyEnv;
  /** How long a body may say nothing before it is taken for stalled. */
  readonly idleMs?: number;
  /** Platforms tell the time of their slices by it. */
  readonly clock?: Clock;
  /** Told how many requests a platform still takes from one credential, which is a digest here. */
  readonly onAllowance?: (platform: string, credential: string, remaining: number) => void;
  /** Where STS answers, instead of AWS's hosts. */
  readonly stsEndpoint?: string;
  /** Where `operatorIdentity` is asked for, that of the person at the machine is meant: for the command line. */
  readonly ownLogin?: boolean;
  /** Another origin than Google's that may see its tokens, and another way to fetch them. */
  readonly google?: { readonly trustedOrigin?: string; readonly tokenFetch?: typeof fetch };
  /** The same for Azure Monitor. */
  readonly azure?: { readonly trustedOrigin: string; readonly token: (renew: boolean) => Promise<string> };
};

/** Told of each request right before it goes out, so that people see what listing costs. */
export type OnRequest = (operation: 'list' | 'get') => void;

/** On whose behalf a store is opened. */
export type OpenContext = {
  readonly source: { readonly namespace: string; readonly name: string };
  readonly secrets: Secrets;
  /** May the source read with the operator's own identity? The tenancy policy says so. */
  readonly operatorIdentity: boolean;
  readonly onRequest?: OnRequest;
};

/** Opens stores of one kind and shares clients among them. It exists only once a source needs this kind. */
export type Opener<Spec> = {
  /** Throws a `Failed` where the spec or its Secrets cannot work; calls nobody. */
  readonly open: (spec: Spec, context: OpenContext) => Store;
  readonly close: () => void;
};

/** All that the registry knows about a kind of store. Nothing in it loads an SDK before `load`. */
export type Provider<Spec> = {
  readonly place: (spec: Spec) => Place;
  /** Names of the Secrets that the spec refers to. */
  readonly secretNames: (spec: Spec) => readonly string[];
  readonly load: (options: StoreOptions) => Promise<Opener<Spec>>;
};
