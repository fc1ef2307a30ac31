import type { Observed } from '../kube/transport.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Observer } from '../worker/port.ts';

/** Requests to the API server, under the names that client-go's dashboards know. */
export function apiObserver(metrics: Metrics): (observed: Observed) => void {
  const total = metrics.counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server',
    labels: ['code', 'method', 'host'] as const,
  });
  const seconds = metrics.histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time of requests to the API server',
    labels: ['verb', 'host'] as const,
  });
  const writes = metrics.counter({
    name: 'spanferry_api_writes_total',
    help: 'Writes to the API server, by resource',
    labels: ['verb', 'resource'] as const,
  });
  return ({ verb, method, host, code, resource, seconds: took }) => {
    total.inc({ code, method, host });
    seconds.observe({ verb, host }, took);
    if (method !== 'GET') writes.inc({ verb, resource });
  };
}

/** What workers did, by source and never by file. */
export function verdictObserver(metrics: Metrics): Observer {
  const labels = ['namespace', 'source'] as const;
  const files = metrics.counter({
    name: 'spanferry_files_total',
    help: 'Attempts that ended, by state and reason',
    labels: [...labels, 'state', 'reason'] as const,
  });
  const spans = metrics.counter({ name: 'spanferry_spans_total', help: 'Spans that destinations acknowledged', labels });
  const bytes = metrics.counter({ name: 'spanferry_bytes_total', help: 'Bytes read, decompressed', labels });
  const rejected = metrics.counter({ name: 'spanferry_rejected_spans_total', help: 'Spans left out', labels });
  const retries = metrics.counter({ name: 'spanferry_retries_total', help: 'Retries used', labels });
  const seconds = metrics.histogram({ name: 'spanferry_file_duration_seconds', help: 'Time of attempts', labels });
  return {
    ended: (record, status, took) => {
      const source = { namespace: record.metadata.namespace ?? '', source: record.spec.sourceRef.name };
      files.inc({ ...source, state: status.state, reason: status.reason ?? '' });
      spans.inc(source, status.state === 'Completed' ? (status.spans ?? 0) : 0);
      bytes.inc(source, status.bytes ?? 0);
      rejected.inc(source, status.rejectedSpans ?? 0);
      if (status.retries > record.status.retries) retries.inc(source);
      seconds.observe(source, took);
    },
  };
}
