import type { JsonServer } from './http.ts';

/** A span as an application would have sent it to a platform. */
export type SentSpan = {
  /** 32 and 16 hex digits. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly service: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly durationMs: number;
  readonly attributes?: Readonly<Record<string, string>>;
  /** When the platform shows it; its end, where left out. */
  readonly arrives?: number;
  /** The platform shows it in a way that nobody can read. */
  readonly isGarbled?: boolean;
};

/** A platform in one process, for tests: it shows what has arrived by its clock. */
export type PlatformServer = JsonServer & {
  /** A span sent again under its ids takes the place of the one before from its arrival on. */
  readonly send: (...spans: readonly SentSpan[]) => void;
};

/** Spans that have arrived by now; of two with the same ids, the one that arrived last. */
export function shown(spans: readonly SentSpan[], now: number): readonly SentSpan[] {
  const latest = new Map<string, SentSpan>();
  for (const span of [...spans].sort((a, b) => arrival(a) - arrival(b))) {
    if (arrival(span) <= now) latest.set(`${span.traceId} ${span.spanId}`, span);
  }
  return [...latest.values()];
}

export const arrival = ({ arrives, start, durationMs }: SentSpan): number => arrives ?? start + durationMs;
