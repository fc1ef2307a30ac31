import { type GenAi, genAiOf } from './genai.ts';
import type { Message } from './messages.ts';
import type { Resource, Span } from './otlp.ts';
import { attributesOf, textOfValue } from './values.ts';

/** What a waterfall shows of a span. */
export type Brief = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly name: string;
  readonly service: string;
  readonly kind: number;
  /** Nanoseconds since 1970; 0 where the file does not say. */
  readonly start: bigint;
  readonly end: bigint;
  /** What its writer says of it: that it went well, and that it did not. Most say neither. */
  readonly ok?: true;
  readonly error: boolean;
  /** What went wrong: the status message, else the exception. */
  readonly trouble?: string;
  readonly genAi?: GenAi;
};

/** Characters kept of a text that will be shown on one line. */
const SHORT = 1_000;

/** The brief of a span. Unless `full`, its texts are cut, so that a large file fits into memory. */
export function briefOf(span: Span, resource: Resource | undefined, full: boolean): Brief {
  const text = (value: string): string => (full || value.length <= SHORT ? value : value.slice(0, SHORT));
  const genAi = genAiOf(span);
  const trouble = troubleOf(span);
  return {
    traceId: span.traceId ?? '',
    spanId: span.spanId ?? '',
    ...(span.parentSpanId && !/^0*$/.test(span.parentSpanId) ? { parentId: span.parentSpanId } : {}),
    name: text(span.name ?? ''),
    service: text(textOfValue(attributesOf(resource?.attributes).get('service.name')) ?? ''),
    kind: span.kind ?? 0,
    start: BigInt(span.startTimeUnixNano ?? 0),
    end: BigInt(span.endTimeUnixNano ?? 0),
    ...(span.status?.code === 1 ? { ok: true } : {}),
    error: span.status?.code === 2,
    ...(trouble === undefined ? {} : { trouble: text(trouble) }),
    ...(genAi ? { genAi: full ? genAi : shortened(genAi, text) } : {}),
  };
}

function troubleOf({ status, events = [] }: Span): string | undefined {
  if (status?.code !== 2) return undefined;
  if (status.message) return status.message;
  const exception = attributesOf(events.find(({ name }) => name === 'exception')?.attributes);
  const words = [exception.get('exception.type'), exception.get('exception.message')].map(textOfValue).filter((word) => word !== undefined);
  return words.length > 0 ? words.join(': ') : undefined;
}

/** Only the question that was asked last and the answer to it. */
function shortened(genAi: GenAi, text: (value: string) => string): GenAi {
  const { input, output } = genAi;
  const question = input.findLast(({ role }) => role === 'user') ?? input.at(-1);
  const answer = output.at(-1);
  const short = (message: Message | undefined): readonly Message[] => (message ? [{ ...message, text: text(message.text) }] : []);
  return { ...genAi, input: short(question), output: short(answer) };
}
