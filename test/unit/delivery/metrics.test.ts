import { expect, test } from 'vitest';
import { closed } from '../../../src/delivery/breaker.ts';
import { deliveryMetrics } from '../../../src/delivery/metrics.ts';
import { metrics } from '../../../src/observability/metrics.ts';

test('requests and open breakers are counted by destination, without its path', async () => {
  const all = metrics();
  const { answered, changed } = deliveryMetrics(all);
  const destination = 'http://otel-collector:4318/v1/traces';
  answered?.({ destination, status: 200, ms: 12, bytes: 1_000 });
  answered?.({ destination, status: 0, ms: 30_000, bytes: 500 });
  const open = { is: 'open', until: 1, since: 0, times: 1, culprit: 'a', failure: { reason: 'CredentialError', message: '401' } } as const;
  changed?.(destination, open, closed);
  const { until: _, ...trouble } = open;
  changed?.(destination, { ...trouble, is: 'probing', probe: 'b' }, open);
  const { text } = await all.scrape();
  expect(text).toContain('spanferry_delivery_request_bytes_total{destination="http://otel-collector:4318",code="200"} 1000');
  expect(text).toContain('spanferry_delivery_request_duration_seconds_count{destination="http://otel-collector:4318",code="0"} 1');
  expect(text).toContain('spanferry_delivery_breakers_open{destination="http://otel-collector:4318"} 1');
  changed?.(destination, closed, open);
  expect((await all.scrape()).text).toContain('spanferry_delivery_breakers_open{destination="http://otel-collector:4318"} 0');
});
