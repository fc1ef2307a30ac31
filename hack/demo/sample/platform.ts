import type { SentSpan } from '../../../test/support/platforms/platform.ts';
import type { SpanId } from './spans.ts';

/** The service whose traces are at a platform and in no bucket. */
export const service = 'returns-agents';

const MINUTE = 60_000;

/** A trace of an agent every two minutes, in slices of five minutes that have ended: a run, and the model that it asked. */
export function platformTraces(now: number): readonly SentSpan[] {
  const ended = Math.floor(now / (5 * MINUTE)) * 5 * MINUTE;
  return Array.from({ length: 10 }, (_, n) => n + 1).flatMap((n) => {
    const traceId = `6564f0a2000000004e5f6a7b${n.toString(16).padStart(8, '0')}`;
    const run = { traceId, service, spanId: spanId(n, 1), name: 'returns.run', start: ended - 2 * n * MINUTE, durationMs: 900 };
    const attributes = { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.usage.input_tokens': '412', 'gen_ai.usage.output_tokens': '37' };
    return [
      run,
      { ...run, spanId: spanId(n, 2), parentSpanId: run.spanId, name: 'chat gpt-4o', start: run.start + 40, durationMs: 800, attributes },
    ];
  });
}

const spanId = (trace: number, n: number): string => `d0${trace.toString(16).padStart(12, '0')}0${n}`;

export const idOf = ({ traceId, spanId }: SentSpan): SpanId => `${traceId}:${spanId}`;
