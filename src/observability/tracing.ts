import type { Attributes, Span, Tracer } from '@opentelemetry/api';

/** A step of work as the operator's own traces show it. */
export type Step = {
  /** Does a part of this step as a step of its own. */
  readonly within: <T>(name: string, run: (step: Step) => Promise<T>) => Promise<T>;
  /** Says what is known only now. Never a secret; keys of files are fine, they are not labels. */
  readonly note: (attributes: Attributes) => void;
};

/** Where own traces begin: a scan, a file. */
export type Tracing = {
  readonly trace: <T>(name: string, attributes: Attributes, run: (step: Step) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
};

const silent: Step = { within: (_name, run) => run(silent), note: () => {} };

/** Does the work and tells nobody. */
export const noTracing: Tracing = { trace: (_name, _attributes, run) => run(silent), close: async () => {} };

type Environment = Readonly<Record<string, string | undefined>>;

/** Asked for by the standard variables of OpenTelemetry, as in any other program. */
export const tracingWanted = ({ OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER, ...env }: Environment): boolean =>
  OTEL_SDK_DISABLED !== 'true' &&
  OTEL_TRACES_EXPORTER !== 'none' &&
  (OTEL_TRACES_EXPORTER === 'otlp' ||
    env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined ||
    env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== undefined);

/**
 * Starts the SDK, which costs memory and time, only where traces are wanted. The exporter and the resource read the standard variables
 * themselves; those of sampler and batches are read here. What cannot be followed is told to `warn`, and its default holds.
 */
export async function startTracing(environment: Environment, version: string, warn: (message: string) => void): Promise<Tracing> {
  if (!tracingWanted(environment)) return noTracing;
  const [{ OTLPTraceExporter }, sdk, resources] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
  ]);
  const api = await import('@opentelemetry/api');
  const protocol = environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? environment.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/protobuf';
  if (protocol !== 'http/protobuf') warn(`OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}, but own traces go by http/protobuf`);
  const { defaultResource, detectResources, resourceAttributesEnvDetector, resourceFromAttributes, serviceNameEnvDetector } = resources;
  const own = resourceFromAttributes({ 'service.name': 'spanferry', 'service.version': version });
  const given = detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] });
  const provider = new sdk.TracerProvider({
    resource: defaultResource().merge(own).merge(given),
    sampler: samplerOf(sdk, environment, warn),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter(), ...batching(environment) })],
  });
  const tracer = provider.getTracer('spanferry', version);
  return {
    trace: (name, attributes, run) => inSpan(api, tracer, { name, attributes }, undefined, run),
    close: () => provider.shutdown(),
  };
}

type Sdk = typeof import('@opentelemetry/sdk-trace');

/** Own traces have no parent outside, so what the variable says about parents makes no difference: parts follow the whole. */
function samplerOf(
  { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler }: Sdk,
  env: Environment,
  warn: (message: string) => void,
) {
  const name = env.OTEL_TRACES_SAMPLER ?? 'parentbased_always_on';
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG ?? 1);
  const root = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }[name.replace(/^parentbased_/, '')];
  if (!root) warn(`OTEL_TRACES_SAMPLER is ${name}, which is not known here: everything is sampled`);
  return new ParentBasedSampler({ root: root?.() ?? new AlwaysOnSampler() });
}

/** The SDK's own defaults hold where nothing is said. */
function batching(env: Environment) {
  const given = {
    scheduledDelayMillis: Number(env.OTEL_BSP_SCHEDULE_DELAY),
    maxQueueSize: Number(env.OTEL_BSP_MAX_QUEUE_SIZE),
    maxExportBatchSize: Number(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE),
    exportTimeoutMillis: Number(env.OTEL_BSP_EXPORT_TIMEOUT),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value > 0));
}

type Api = typeof import('@opentelemetry/api');

/** The parent is handed on, not found in a context: what belongs together is seen in the code. */
async function inSpan<T>(
  api: Api,
  tracer: Tracer,
  { name, attributes = {} }: { readonly name: string; readonly attributes?: Attributes },
  parent: Span | undefined,
  run: (step: Step) => Promise<T>,
): Promise<T> {
  const context = parent ? api.trace.setSpan(api.ROOT_CONTEXT, parent) : api.ROOT_CONTEXT;
  const span = tracer.startSpan(name, { attributes }, context);
  const step: Step = {
    within: (part, within) => inSpan(api, tracer, { name: part }, span, within),
    note: (more) => void span.setAttributes(more),
  };
  try {
    return await run(step);
  } catch (thrown) {
    span.setStatus({ code: api.SpanStatusCode.ERROR, message: thrown instanceof Error ? thrown.message : String(thrown) });
    throw thrown;
  } finally {
    span.end();
  }
}
