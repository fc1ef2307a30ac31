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

/** Starts the SDK, which costs memory and time, only where traces are wanted. The exporter reads the standard variables itself. */
export async function startTracing(environment: Environment, version: string): Promise<Tracing> {
  if (!tracingWanted(environment)) return noTracing;
  const [{ OTLPTraceExporter }, { BatchSpanProcessor, TracerProvider }, { defaultResource, resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
  ]);
  const api = await import('@opentelemetry/api');
  const own = resourceFromAttributes({ 'service.name': environment.OTEL_SERVICE_NAME ?? 'spanferry', 'service.version': version });
  const provider = new TracerProvider({
    resource: defaultResource().merge(own),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer = provider.getTracer('spanferry', version);
  return {
    trace: (name, attributes, run) => inSpan(api, tracer, { name, attributes }, undefined, run),
    close: () => provider.shutdown(),
  };
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
