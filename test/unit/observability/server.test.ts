import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Readiness, readiness } from '../../../src/observability/health.ts';
import { type Metrics, metrics } from '../../../src/observability/metrics.ts';
import { type StatusServer, statusServer } from '../../../src/observability/server.ts';

let server: StatusServer;
let state: Readiness;
let registry: Metrics;

beforeEach(async () => {
  state = readiness();
  registry = metrics();
  server = await statusServer({ host: '127.0.0.1', port: 0, metrics: registry, readiness: state });
});
afterEach(() => server.close());

const ask = async (path: string, method = 'GET') => {
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};

describe('the status server', () => {
  const answers: readonly [method: string, path: string, status: number][] = [
    ['GET', '/healthz', 200],
    ['GET', '/healthz?verbose', 200],
    ['HEAD', '/healthz', 200],
    ['GET', '/readyz', 200],
    ['GET', '/metrics', 200],
    ['GET', '/', 404],
    ['GET', '/constructor', 404],
    ['POST', '/metrics', 405],
  ];
  test.each(answers)('%s %s answers %i', async (method, path, status) => {
    expect((await ask(path, method)).status).toBe(status);
  });

  test('readyz names what is missing, and everything once the process leaves', async () => {
    const synced = state.require('cache of records');
    expect(await ask('/readyz')).toMatchObject({ status: 503, text: 'waiting: cache of records\n' });
    synced(true);
    expect(await ask('/readyz')).toMatchObject({ status: 200 });
    synced(false);
    expect(await ask('/readyz')).toMatchObject({ status: 503 });
    synced(true);
    state.leave();
    expect(await ask('/readyz')).toMatchObject({ status: 503, text: 'waiting: shutting down\n' });
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
  });

  test('metrics are what Prometheus reads, looked up at that moment', async () => {
    const backlog = registry.gauge({ name: 'spanferry_backlog_files', help: 'Files that wait', labels: ['source'] as const });
    let files = 3;
    registry.beforeScrape(() => backlog.set({ source: 'checkout-agents' }, files));
    expect((await ask('/metrics')).type).toMatch(/^text\/plain; version=0\.0\.4/);
    files = 4;
    expect((await ask('/metrics')).text).toContain('spanferry_backlog_files{source="checkout-agents"} 4');
  });

  test('a port that is taken is an error at start', async () => {
    const again = statusServer({ host: '127.0.0.1', port: server.port, metrics: registry, readiness: state });
    await expect(again).rejects.toThrow('EADDRINUSE');
  });
});

describe('the metrics of a process', () => {
  test('asking twice for a name gives the same metric; as another kind it is a mistake', () => {
    const naming = { name: 'spanferry_spans_total', help: 'Spans delivered', labels: ['source'] as const };
    expect(registry.counter(naming)).toBe(registry.counter(naming));
    expect(() => registry.gauge(naming)).toThrow('declared twice');
  });
});
