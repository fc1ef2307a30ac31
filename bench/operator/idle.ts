import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import { sleep } from '../../src/std/sleep.ts';
import type { Row } from '../support/rows.ts';
import { weigh } from '../support/weigh.ts';
import { startStand } from './stand.ts';

const SOURCES = 1_000;
const NAMESPACES = 50;
const WATCHED_S = 180;

/** A thousand sources in fifty namespaces in whose buckets nothing happens. */
export async function idle(): Promise<readonly Row[]> {
  const stand = await startStand([]);
  try {
    const { api } = stand;
    const data = { accessKeyId: stand.served.accessKeyId, secretAccessKey: stand.served.secretAccessKey };
    for (let n = 0; n < NAMESPACES; n++) {
      await api.call('POST', '/api/v1/namespaces', { metadata: { name: `team-${n}` } });
      await api.call('POST', `/api/v1/namespaces/team-${n}/secrets`, { metadata: { name: 's3-keys' }, stringData: data });
    }
    for (let n = 0; n < SOURCES; n++) await stand.source(`agents-${n}`, { scan: { interval: '60s' } }, `team-${n % NAMESPACES}`);

    const started = performance.now();
    const operator = await stand.operator();
    for (;;) {
      const { items } = await api.call<{ items: readonly IngestionSource[] }>('GET', '/apis/spanferry.io/v1alpha1/ingestionsources');
      const ready = items.filter(({ status }) => status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'));
      if (ready.length === SOURCES) break;
      await sleep(500);
    }
    const readyAfter = (performance.now() - started) / 1_000;
    // What begins is not yet idle.
    await sleep(70_000);
    const [cpu, writes] = [weigh(operator.pid).cpuMs, await operator.metric('spanferry_api_writes_total')];
    await sleep(1_000 * WATCHED_S);
    const spent = weigh(operator.pid).cpuMs - cpu;
    return [
      { name: '1,000 idle sources: from start to Ready', value: readyAfter, unit: 's', most: 60 },
      {
        name: '1,000 idle sources: API writes',
        value: ((await operator.metric('spanferry_api_writes_total')) - writes) / WATCHED_S,
        unit: 'a second',
        most: 5,
      },
      { name: '1,000 idle sources: CPU', value: spent / (10 * WATCHED_S), unit: '% of a core', most: 5 },
      { name: '1,000 idle sources: memory', value: weigh(operator.pid).rssMb, unit: 'MB' },
    ];
  } finally {
    await stand.close();
  }
}
