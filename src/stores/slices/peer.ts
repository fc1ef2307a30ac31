import { systemClock } from '../../std/clock.ts';
import type { StoreOptions } from '../provider.ts';
import type { StoreSpecs } from '../spec.ts';
import { web } from '../web.ts';
import { budget } from './budget.ts';
import type { Peer } from './exchange.ts';

/** How a platform is reached with one credential. */
export type Reach = {
  readonly kind: keyof StoreSpecs;
  /** "Datadog" */
  readonly platform: string;
  readonly url: string;
  /** Digest of the credential. */
  readonly by: string;
  readonly ca: string | undefined;
  readonly allowance: { readonly requests: number; readonly perMs: number };
  /** How long the platform may work before it answers. */
  readonly answerMs?: number;
};

/** The connections to a platform, and the budget of requests of whoever asks through them. */
export function connected({ kind, platform, url, by, ca, allowance, answerMs }: Reach, options: StoreOptions) {
  const { clock = systemClock, onAllowance } = options;
  const connections = web(options, ca, answerMs);
  const { origin, pathname } = new URL(url);
  return {
    platform,
    origin,
    base: pathname.replace(/\/+$/, ''),
    web: connections,
    clock,
    budget: budget({ platform, ...allowance, clock, onRemaining: (remaining) => onAllowance?.(kind, by, remaining) }),
    close: connections.close,
  } satisfies Partial<Peer> & { close: () => void };
}
