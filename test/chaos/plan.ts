import { type Random, weighted } from '../support/random.ts';

/** One thing that goes wrong, or that somebody does, in the middle of everything. `ms` is how long it lasts. */
export type Fault =
  // Processes
  | { readonly do: 'kill'; readonly slot: number }
  | { readonly do: 'pause'; readonly slot: number; readonly ms: number }
  | { readonly do: 'clock'; readonly slot: number; readonly offMs: number; readonly ms: number }
  | { readonly do: 'upgrade' }
  // The way to the API server, and the server itself
  | { readonly do: 'cut off'; readonly slot: number; readonly ms: number }
  | { readonly do: 'api answers'; readonly slot: number; readonly code: 409 | 429 | 500; readonly share: number; readonly ms: number }
  | { readonly do: 'api answers lost'; readonly slot: number; readonly share: number; readonly ms: number }
  | { readonly do: 'watch'; readonly slot: number; readonly trick: 'cut' | 'half-open' | 'expire' | 'corrupt' }
  | { readonly do: 'api restart'; readonly etcd: boolean; readonly ms: number }
  | { readonly do: 'compact' }
  // The bucket
  | { readonly do: 'store'; readonly kind: StoreTrouble; readonly times: number }
  | { readonly do: 'store away'; readonly ms: number }
  | { readonly do: 'overwrite'; readonly file: number }
  | { readonly do: 'remove'; readonly file: number }
  // The collector
  | { readonly do: 'collector'; readonly mood: Mood; readonly ms: number }
  // People
  | { readonly do: 'suspend'; readonly origin: number; readonly ms: number }
  | { readonly do: 'edit'; readonly origin: number }
  | { readonly do: 'move destination' }
  | { readonly do: 'rotate keys' }
  | { readonly do: 'rotate token'; readonly ms: number }
  | { readonly do: 'delete records'; readonly share: number }
  | { readonly do: 'retry failed'; readonly origin: number }
  | { readonly do: 'make anew'; readonly origin: number }
  | { readonly do: 'restore'; readonly ms: number };

export type StoreTrouble = (typeof storeTroubles)[number];
export type Mood = (typeof moods)[number];
export type Doing = Fault['do'];

const storeTroubles = [
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'reset',
  'truncated',
  'stalled',
  'silent',
  'html',
  'skew',
] as const;
const moods = ['down', 'slow', 'unauthorized', 'too large', 'throttled', 'unavailable', 'choosy', 'deaf'] as const;

export type Planned = { readonly at: number; readonly fault: Fault };

export type PlanOptions = { readonly ms: number; readonly slots: number; readonly origins: number; readonly files: number };

type Draw = Random & PlanOptions;

/** From so much to so much, mostly little. */
const lasting = (draw: Draw, least: number, most: number): number => least + draw.int(draw.pick([(most - least) / 4, most - least]));

type Drawing<D extends Doing> = { readonly weight: number; readonly draw: (draw: Draw) => Omit<Extract<Fault, { do: D }>, 'do'> };

/** How often each kind comes, relative to the others, and how one of it is drawn. */
const kinds: { readonly [D in Doing]: Drawing<D> } = {
  kill: { weight: 16, draw: (draw) => ({ slot: draw.int(draw.slots) }) },
  pause: { weight: 4, draw: (draw) => ({ slot: draw.int(draw.slots), ms: lasting(draw, 1_000, 60_000) }) },
  clock: {
    weight: 2,
    draw: (draw) => ({ slot: draw.int(draw.slots), offMs: draw.pick([-1, 1]) * 3_600_000, ms: lasting(draw, 5_000, 40_000) }),
  },
  upgrade: { weight: 1, draw: () => ({}) },
  'cut off': { weight: 3, draw: (draw) => ({ slot: draw.int(draw.slots), ms: lasting(draw, 1_000, 50_000) }) },
  'api answers': {
    weight: 4,
    draw: (draw) => ({
      slot: draw.int(draw.slots),
      code: draw.pick([409, 429, 500] as const),
      share: draw.pick([0.1, 0.5, 1]),
      ms: lasting(draw, 1_000, 12_000),
    }),
  },
  'api answers lost': {
    weight: 3,
    draw: (draw) => ({ slot: draw.int(draw.slots), share: draw.pick([0.1, 0.5]), ms: lasting(draw, 1_000, 12_000) }),
  },
  watch: {
    weight: 3,
    draw: (draw) => ({ slot: draw.int(draw.slots), trick: draw.pick(['cut', 'half-open', 'expire', 'corrupt'] as const) }),
  },
  'api restart': { weight: 1, draw: (draw) => ({ etcd: draw.next() < 0.5, ms: lasting(draw, 500, 8_000) }) },
  compact: { weight: 1, draw: () => ({}) },
  store: { weight: 8, draw: (draw) => ({ kind: draw.pick(storeTroubles), times: 1 + draw.int(draw.pick([3, 30])) }) },
  'store away': { weight: 2, draw: (draw) => ({ ms: lasting(draw, 2_000, 20_000) }) },
  overwrite: { weight: 4, draw: (draw) => ({ file: draw.int(draw.files) }) },
  remove: { weight: 2, draw: (draw) => ({ file: draw.int(draw.files) }) },
  collector: { weight: 10, draw: (draw) => ({ mood: draw.pick(moods), ms: lasting(draw, 1_000, 15_000) }) },
  suspend: { weight: 2, draw: (draw) => ({ origin: draw.int(draw.origins), ms: lasting(draw, 1_000, 15_000) }) },
  edit: { weight: 2, draw: (draw) => ({ origin: draw.int(draw.origins) }) },
  'move destination': { weight: 1, draw: () => ({}) },
  'rotate keys': { weight: 1, draw: () => ({}) },
  'rotate token': { weight: 1, draw: (draw) => ({ ms: lasting(draw, 500, 8_000) }) },
  'delete records': { weight: 3, draw: (draw) => ({ share: draw.pick([0.02, 0.2, 1]) }) },
  'retry failed': { weight: 1, draw: (draw) => ({ origin: draw.int(draw.origins) }) },
  'make anew': { weight: 1, draw: (draw) => ({ origin: draw.int(draw.origins) }) },
  restore: { weight: 1, draw: (draw) => ({ ms: lasting(draw, 1_000, 10_000) }) },
};

/** All kinds of faults. */
export const everything = Object.keys(kinds) as readonly Doing[];

/** Mean time from one fault to the next. */
const MEAN_MS = 3_000;

/** Faults at random moments. The same seed gives the same plan. */
export function plan(random: Random, options: PlanOptions, only: readonly Doing[] = everything): readonly Planned[] {
  const draw = { ...random, ...options };
  const weights = Object.fromEntries(only.map((doing) => [doing, kinds[doing].weight])) as Readonly<Record<Doing, number>>;
  const planned: Planned[] = [];
  for (let at = random.int(2 * MEAN_MS); at < options.ms; at += random.int(2 * MEAN_MS)) {
    const doing = weighted(random, weights);
    planned.push({ at, fault: { do: doing, ...kinds[doing].draw(draw) } as Fault });
  }
  return planned;
}
