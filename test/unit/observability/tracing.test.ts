import { describe, expect, test, vi } from 'vitest';
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

  /** Traces one file of two steps, and gives what the collector got and what was warned of. */
  const traced = async (environment: Readonly<Record<string, string>>) => {
    const collector = await startCollector();
    const warnings: string[] = [];
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `${collector.url}/v1/traces`);
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    try {
      const tracing = await startTracing(process.env, '0.0.0', (message) => warnings.push(message));
      await tracing.trace('file', { 'spanferry.key': 'agents/a.json' }, (step) => step.within('open', async () => {}));
      await tracing.close();
    } finally {
      vi.unstubAllEnvs();
    }
    await collector.close();
    return { spans: collector.taken.size, text: Buffer.concat(collector.received.map(({ body }) => body)).toString('latin1'), warnings };
  };

  test('reach a collector, the parts below the whole', async () => {
    const { spans, text, warnings } = await traced({});
    expect(spans).toBe(2);
    expect(text).toContain('spanferry');
    expect(warnings).toEqual([]);
  });

  test('are named, described and sampled as the standard variables say', async () => {
    const named = { OTEL_SERVICE_NAME: 'ferry-eu', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod' };
    const { spans, text } = await traced({ ...named, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '1' });
    expect(spans).toBe(2);
    expect(text).toContain('ferry-eu');
    expect(text).toContain('deployment.environment.name');
    expect((await traced({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' })).spans).toBe(0);
    expect((await traced({ OTEL_TRACES_SAMPLER: 'always_off' })).spans).toBe(0);
  });

  test('say what they cannot follow', async () => {
    const { spans, warnings } = await traced({ OTEL_TRACES_SAMPLER: 'jaeger_remote', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    expect(spans).toBe(2);
    expect(warnings).toEqual([
      'OTEL_EXPORTER_OTLP_PROTOCOL is grpc, but own traces go by http/protobuf',
      'OTEL_TRACES_SAMPLER is jaeger_remote, which is not known here: everything is sampled',
    ]);
  });
});
