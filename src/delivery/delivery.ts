import type { Dispatcher } from 'undici';
import type { Backoff } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';
import { shared } from '../std/shared.ts';
import type { Breaker, BreakerRules } from './breaker.ts';
import type { Destination } from './destination.ts';
import { type Gate, gate } from './gate.ts';
import { type Limit, limit } from './limit.ts';
import { type Egress, openPool } from './pool.ts';
import { type Sender, sender } from './sender.ts';
import { type Strikes, strikes } from './strikes.ts';
import { type Turns, turns } from './turns.ts';

/** What happens on the way, for metrics and logs. Nothing of it holds a secret. */
export type DeliveryObserver = {
  /** One request was answered; `status` is 0 where there was no answer. */
  readonly answered?: (seen: {
    readonly destination: string;
    readonly status: number;
    readonly ms: number;
    readonly bytes: number;
  }) => void;
  /** A breaker before a destination closed, opened or lets a probe through. */
  readonly changed?: (destination: string, now: Breaker, before: Breaker) => void;
};

export type DeliveryOptions = {
  readonly clock: Clock;
  readonly observer?: DeliveryObserver;
  /** The guard watches over destinations that sources name; the operator's own collector is exempt. Proxies are for all. */
  readonly egress?: Egress;
  /** Asked right before each request: a worker that cannot renew its Lease stops sending. */
  readonly canSend?: () => boolean;
  readonly version?: string;
  /** Requests in flight per destination. */
  readonly inFlight?: number;
  readonly rules?: Partial<DeliveryRules>;
};

export type DeliveryRules = {
  /** Of the endpoint as a whole: it is down, overloaded or unreachable. */
  readonly endpoint: BreakerRules;
  /** Of the endpoint with one credential: refused, limited, or not an OTLP receiver. */
  readonly credential: BreakerRules;
  /** How a file spaces its own repetitions while the way is free. */
  readonly repeat: Backoff;
};

export type Delivery = {
  /** A way to a destination, for one owner (a source). Owners of one destination share its connections in turns. */
  readonly sender: (destination: Destination, owner: string) => Sender;
  /** Cuts all connections. Abort the signals of what is under way first. */
  readonly close: () => Promise<void>;
};

/** What all users of an endpoint share. */
export type Endpoint = { readonly pool: Dispatcher; readonly gate: Gate; readonly turns: Turns; readonly limit: Limit };
/** What all users of an endpoint with the same credential share. */
export type Credential = { readonly gate: Gate; readonly strikes: Strikes };

const waiting: Backoff = { baseMs: 5_000, maxMs: 120_000 };
const transient: Backoff = { baseMs: 1_000, maxMs: 60_000 };

export const defaultRules: DeliveryRules = {
  endpoint: { opensAfter: 3, transient, waiting },
  credential: { opensAfter: 1, transient, waiting },
  repeat: { baseMs: 200, maxMs: 10_000 },
};

/** Delivery to any number of destinations. Connections and breakers live as long as somebody uses them. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { clock, egress = {}, observer, inFlight = 16 } = options;
  const rules = { ...defaultRules, ...options.rules };
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const gateTo = ({ shown }: Destination, of: BreakerRules): Gate =>
    gate(clock, of, (now, before) => {
      observer?.changed?.(shown, now, before);
      changed();
    });

  const endpoints = shared<Endpoint>(({ pool, gate }) => {
    gate.close();
    void pool.close();
  });
  const credentials = shared<Credential>(({ gate }) => gate.close());

  return {
    sender: (destination, owner) => {
      const endpoint = endpoints.take(destination.endpointId, () => ({
        pool: openPool(destination, inFlight, egress),
        gate: gateTo(destination, rules.endpoint),
        turns: turns(inFlight),
        limit: limit(clock),
      }));
      const credential = credentials.take(destination.credentialId, () => ({
        gate: gateTo(destination, rules.credential),
        strikes: strikes(),
      }));
      return sender({
        destination,
        owner,
        endpoint: endpoint.it,
        credential: credential.it,
        options,
        repeat: rules.repeat,
        onChange: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        release: () => {
          endpoint.release();
          credential.release();
        },
      });
    },
    close: async () => {
      for (const { gate } of credentials.takeAll()) gate.close();
      await Promise.all(
        endpoints.takeAll().map(({ gate, pool }) => {
          gate.close();
          return pool.destroy();
        }),
      );
    },
  };
}
