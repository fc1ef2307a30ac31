import type { Metrics } from '../observability/metrics.ts';
import type { Clock } from '../std/clock.ts';

/** What a queue tells about itself, under the names that dashboards for controller-runtime know. */
export type QueueMetrics = {
  readonly ready: () => void;
  readonly taken: (waitedMs: number) => void;
  readonly done: (workedMs: number) => void;
  readonly retried: () => void;
};

export type QueueMetricsOptions = {
  readonly name: string;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Monotonic moments at which the keys in work were taken. */
  readonly inWorkSince: () => Iterable<number>;
  readonly depth: () => number;
};

const labels = ['name', 'controller'] as const;

/** Seconds as client-go buckets them: powers of ten from 10 ns. The first five say nothing in JavaScript and are left out. */
const buckets = [0.001, 0.01, 0.1, 1, 10, 100, 1_000];

/** Declares the metrics of the queue `name`. */
export function queueMetrics({ name, metrics, clock, inWorkSince, depth }: QueueMetricsOptions): QueueMetrics {
  const of = { name, controller: name };
  const depthGauge = metrics.gauge({ name: 'workqueue_depth', help: 'Keys ready to be taken', labels });
  const adds = metrics.counter({ name: 'workqueue_adds_total', help: 'Keys that became ready', labels });
  const retries = metrics.counter({ name: 'workqueue_retries_total', help: 'Keys that were put back with backoff', labels });
  const waited = metrics.histogram({ name: 'workqueue_queue_duration_seconds', help: 'From ready to taken', labels, buckets });
  const worked = metrics.histogram({ name: 'workqueue_work_duration_seconds', help: 'From taken to done', labels, buckets });
  const unfinished = metrics.gauge({ name: 'workqueue_unfinished_work_seconds', help: 'Time spent so far on keys in work', labels });
  const longest = metrics.gauge({ name: 'workqueue_longest_running_processor_seconds', help: 'Oldest key in work', labels });

  adds.inc(of, 0);
  retries.inc(of, 0);
  waited.zero(of);
  worked.zero(of);
  metrics.beforeScrape(() => {
    const ages = [...inWorkSince()].map((since) => (clock.monotonic() - since) / 1_000);
    depthGauge.set(of, depth());
    unfinished.set(
      of,
      ages.reduce((sum, age) => sum + age, 0),
    );
    longest.set(of, Math.max(0, ...ages));
  });

  return {
    ready: () => adds.inc(of),
    taken: (ms) => waited.observe(of, ms / 1_000),
    done: (ms) => worked.observe(of, ms / 1_000),
    retried: () => retries.inc(of),
  };
}
