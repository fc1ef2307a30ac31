import type { Metrics } from '../observability/metrics.ts';
import type { DeliveryObserver } from './delivery.ts';

/** An observer that counts. Labels name the destination without its path, and never a file. */
export function deliveryMetrics(metrics: Metrics): DeliveryObserver {
  const labels = ['destination', 'code'] as const;
  const seconds = metrics.histogram({
    name: 'spanferry_delivery_request_duration_seconds',
    help: 'Time until a destination answered one request, by status; code 0 is no answer.',
    labels,
  });
  const bytes = metrics.counter({
    name: 'spanferry_delivery_request_bytes_total',
    help: 'Bytes of request bodies as they went over the wire.',
    labels,
  });
  const open = metrics.gauge({
    name: 'spanferry_delivery_breakers_open',
    help: 'Breakers before a destination that hold files back: 0 when all is well, at most one per endpoint and one per credential.',
    labels: ['destination'] as const,
  });
  const originOf = (shown: string) => new URL(shown).origin;
  return {
    answered: ({ destination, status, ms, bytes: size }) => {
      const where = { destination: originOf(destination), code: String(status) };
      seconds.observe(where, ms / 1_000);
      bytes.inc(where, size);
      // A destination that never was in trouble shows 0, not nothing.
      open.inc({ destination: where.destination }, 0);
    },
    changed: (destination, now, before) => {
      const step = Number(now.is !== 'closed') - Number(before.is !== 'closed');
      open.inc({ destination: originOf(destination) }, step);
    },
  };
}
