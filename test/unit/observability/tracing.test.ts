import { describe, expect, test } from 'vitest';
import { noTracing, startTracing, tracingWanted } from '../../../src/observability/tracing.ts';
import { startCollector } from '../../support/collector-stub.ts';

describe('own traces', () => {
  test.each([
    ['are off by default', {}, false],
    ['are on where an endpoint is named', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, true],
    ['are on where one for traces is named', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }, true],
    ['are off where the exporter is none', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_TRACES_EXPORTER: 'none' }, false],
    ['are off where the SDK is', { OTEL_TRACES_EXPORTER: 'otlp', OTEL_SDK_DISABLED: 'true' }, false],
  ])('%s', (_sentence, environment, expected) => {
    expect(tracingWanted(environment)).toBe(expected);
  });

  test('work goes on as ever without them', async () => {
    expect(await noTracing.trace('file', {}, (step) => step.within('open', async () => 42))).toBe(42);
  });

  test('reach a collector, the parts below the whole', async () => {
    const collector = await startCollector();
    process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = `${collector.url}/v1/traces`;
    try {
      const tracing = await startTracing(process.env, '0.0.0');
      await tracing.trace('file', { 'spanferry.key': 'agents/a.json' }, (step) => step.within('open', async () => {}));
      await tracing.close();
    } finally {
      delete process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
    }
    expect(collector.taken.size).toBe(2);
    await collector.close();
  });
});
