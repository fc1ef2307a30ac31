import type { Failure } from '../api/failure.ts';
import type { Metrics } from '../observability/metrics.ts';

/** What a controller tells about itself, under the names of controller-runtime. */
export type ControllerMetrics = {
  readonly started: () => void;
  readonly finished: (seconds: number) => void;
  readonly result: (result: 'success' | 'requeue_after' | 'error') => void;
  readonly failed: (failure: Failure) => void;
  readonly terminal: () => void;
};

const results = ['success', 'requeue_after', 'error'] as const;

/** Declares the metrics of the controller `name`. */
export function controllerMetrics(name: string, concurrency: number, metrics: Metrics): ControllerMetrics {
  const labels = ['controller'] as const;
  const of = { controller: name };
  const total = metrics.counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Rounds by how they ended',
    labels: ['controller', 'result'] as const,
  });
  const errors = metrics.counter({ name: 'controller_runtime_reconcile_errors_total', help: 'Rounds that failed', labels });
  const terminal = metrics.counter({
    name: 'controller_runtime_terminal_reconcile_errors_total',
    help: 'Rounds that failed and are not tried again',
    labels,
  });
  const panics = metrics.counter({
    name: 'controller_runtime_reconcile_panics_total',
    help: 'Rounds that ended with an error nobody foresaw',
    labels,
  });
  const time = metrics.histogram({ name: 'controller_runtime_reconcile_time_seconds', help: 'Length of a round', labels });
  const active = metrics.gauge({ name: 'controller_runtime_active_workers', help: 'Rounds that run now', labels });
  const max = metrics.gauge({ name: 'controller_runtime_max_concurrent_reconciles', help: 'Rounds that may run at once', labels });

  for (const result of results) total.inc({ ...of, result }, 0);
  for (const counter of [errors, terminal, panics]) counter.inc(of, 0);
  time.zero(of);
  active.set(of, 0);
  max.set(of, concurrency);

  return {
    started: () => active.inc(of),
    finished: (seconds) => {
      active.dec(of);
      time.observe(of, seconds);
    },
    result: (result) => total.inc({ ...of, result }),
    failed: ({ reason }) => {
      errors.inc(of);
      total.inc({ ...of, result: 'error' });
      if (reason === 'InternalError') panics.inc(of);
    },
    terminal: () => terminal.inc(of),
  };
}
