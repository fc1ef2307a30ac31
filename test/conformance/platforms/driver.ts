import type { Reason } from '../../../src/api/reasons.ts';
import type { StoreOptions } from '../../../src/stores/provider.ts';
import type { Fault } from '../../support/platforms/http.ts';
import type { PlatformServer } from '../../support/platforms/platform.ts';
import type { Access } from '../stores/driver.ts';

/** Something that goes wrong at a platform, and what has to be said of it. */
export type Trouble = {
  readonly name: string;
  readonly reason: Reason;
  readonly says?: RegExp;
  /** Where it shows: probing, or reading a slice. */
  readonly shows: 'probe' | 'open';
  /** What the server answers, or the access that fails. */
  readonly faults?: readonly (Fault | undefined)[];
  readonly access?: (access: Access) => Access;
};

export type Started = {
  readonly server: PlatformServer;
  readonly options?: StoreOptions;
  /** Access that works, for all services or one. */
  readonly access: (service?: string) => Access;
};

export type PlatformDriver = {
  readonly name: string;
  readonly provider: string;
  readonly minutes: number;
  /** Spans of one slice that need several pages. */
  readonly manySpans: number;
  readonly start: (now: () => number) => Promise<Started>;
  readonly troubles: readonly Trouble[];
  /** Too many requests, with the time to wait. */
  readonly throttled: Fault;
  /** An answer of which a part is missing, where the platform has such. */
  readonly partial?: readonly (Fault | undefined)[];
  /** What the platform gets over by itself, beside the troubles of every server. */
  readonly hiccups?: readonly { readonly name: string; readonly arrange: () => void }[];
  readonly calls: RegExp;
  /** Why a span that nobody can read is rejected. */
  readonly garbled: { readonly reason: Reason; readonly message: unknown };
  /** What a probe says of what is out of reach. */
  readonly partly?: RegExp;
};
