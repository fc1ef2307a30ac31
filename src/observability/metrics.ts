import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from 'prom-client';

type Naming<L extends string> = { readonly name: string; readonly help: string; readonly labels?: readonly L[] };

/**
 * All metrics of one process. Asking twice for a name gives the same metric, so each room declares what it measures where it
 * measures it, and two queues share one `workqueue_depth`.
 */
export type Metrics = {
  readonly counter: <L extends string = never>(naming: Naming<L>) => Counter<L>;
  readonly gauge: <L extends string = never>(naming: Naming<L>) => Gauge<L>;
  readonly histogram: <L extends string = never>(naming: Naming<L> & { readonly buckets?: readonly number[] }) => Histogram<L>;
  /** Runs before every scrape: for values that are cheaper to look up than to keep. */
  readonly beforeScrape: (update: () => void) => void;
  /** The text that Prometheus reads, and its content type. */
  readonly scrape: () => Promise<{ readonly contentType: string; readonly text: string }>;
};

/** Seconds from a millisecond to a minute, for calls and work of a controller. */
const secondsBuckets: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** A registry of its own, so that tests and several operators in one process do not meet. */
export function metrics({ process: withProcess = false }: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  // Ten times a second, as by default, this would be a third of what an idle operator does.
  if (withProcess) collectDefaultMetrics({ register: registry, eventLoopUtilizationTimeout: 1_000 });
  const updates: (() => void)[] = [];
  const once = <M>(kind: abstract new (...args: never[]) => M, name: string, make: () => M): M => {
    const known: Metric<string> | undefined = registry.getSingleMetric<string>(name);
    if (!known) return make();
    if (!(known instanceof kind)) throw new Error(`metric ${name} is declared twice, as different kinds`);
    return known;
  };
  const config = <L extends string>({ name, help, labels = [] }: Naming<L>) => ({ name, help, labelNames: labels, registers: [registry] });

  return {
    counter: <L extends string>(naming: Naming<L>) => once<Counter<L>>(Counter, naming.name, () => new Counter<L>(config(naming))),
    gauge: <L extends string>(naming: Naming<L>) => once<Gauge<L>>(Gauge, naming.name, () => new Gauge<L>(config(naming))),
    histogram: <L extends string>(naming: Naming<L> & { readonly buckets?: readonly number[] }) =>
      once<Histogram<L>>(
        Histogram,
        naming.name,
        () => new Histogram<L>({ ...config(naming), buckets: [...(naming.buckets ?? secondsBuckets)] }),
      ),
    beforeScrape: (update) => void updates.push(update),
    scrape: async () => {
      for (const update of updates) update();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
