import type { Reason } from '../../../src/api/reasons.ts';
import type { Secrets, StoreOptions } from '../../../src/stores/provider.ts';
import type { StoreSpec } from '../../../src/stores/spec.ts';

/** What a source would say to reach something, and the Secrets it names. */
export type Access = { readonly spec: StoreSpec; readonly secrets: Secrets };

/** A bucket made for one case. */
export type TestBucket = {
  /** Access that works. */
  readonly access: (prefix?: string) => Access;
  /** Stores an object, replacing what is there. */
  readonly put: (key: string, body: Uint8Array | string) => Promise<void>;
  readonly delete: (key: string) => Promise<void>;
};

/** Something that goes wrong, and what the store has to call it. */
export type Trouble = {
  /** "a secret key that does not belong to the access key" */
  readonly name: string;
  readonly reason: Reason;
  /** What the message has to name for people. */
  readonly says?: RegExp;
  /** Where it shows: probing, or opening `file.json`, which is put before `arrange` is called. */
  readonly shows: 'probe' | 'open';
  /** Arranges it in a bucket that works and returns the access that now fails. */
  readonly arrange: (bucket: TestBucket) => Promise<Access> | Access;
};

/** Something that goes wrong for a moment, and that the store has to get over by itself while it reads `file.json` of 300,000 bytes. */
export type Hiccup = { readonly name: string; readonly arrange: () => void };

/** What a server may be unable to do; each with the reason, which is printed instead of the case. */
export type Capability =
  | 'odd keys'
  | 'newline in a key'
  | 'leading slash'
  | 'folder and file of one name'
  | 'long key'
  | 'UTF-8 order'
  | 'pinned reads';

export type TestServer = {
  /** What the operator as a whole would be told to reach it. */
  readonly options?: StoreOptions;
  readonly createBucket: () => Promise<TestBucket>;
  readonly troubles: readonly Trouble[];
  readonly hiccups?: readonly Hiccup[];
  readonly cannot: Readonly<Partial<Record<Capability, string>>>;
  /** How many keys a long listing has, where 5,000 would take a slow server too long. */
  readonly manyKeys?: number;
  /** Access that names a wrong region, where the server knows regions. The store has to find out the right one. */
  readonly wrongRegion?: { readonly access: (bucket: TestBucket) => Access; readonly right: string };
  /** Operations that the store under test has called so far, where the server keeps a log. */
  readonly operations?: () => readonly string[];
  /** Requests being answered right now, where the server can tell. */
  readonly busy?: () => number;
  readonly stop: () => Promise<void>;
};

/** How a server is started. It gives nothing where its program is not there (a line says so). */
export type Driver = { readonly name: string; readonly start: () => Promise<TestServer | undefined> };
