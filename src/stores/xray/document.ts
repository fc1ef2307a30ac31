import { z } from 'zod';
import { parseJson } from '../slices/json.ts';

/** A number of seconds, as the text that it is: as a number it would lose its nanoseconds. */
const seconds = z.string().optional();
const flag = z.boolean().nullish();
const size = z.union([z.number(), z.string()]).nullish();
const record = z.record(z.string(), z.unknown()).nullish();

const exception = z.object({
  id: z.string().nullish(),
  message: z.string().nullish(),
  type: z.string().nullish(),
  remote: flag,
  stack: z.array(z.object({ path: z.string().nullish(), line: z.number().nullish(), label: z.string().nullish() })).nullish(),
});

const cause = z
  .union([z.string(), z.object({ working_directory: z.string().nullish(), exceptions: z.array(exception).nullish() })])
  .nullish();

const common = z.object({
  id: z.string().optional(),
  name: z.string().nullish(),
  parent_id: z.string().nullish(),
  start_time: seconds,
  end_time: seconds,
  in_progress: flag,
  inferred: flag,
  namespace: z.string().nullish(),
  http: z
    .object({
      request: z
        .object({
          method: z.string().nullish(),
          url: z.string().nullish(),
          user_agent: z.string().nullish(),
          client_ip: z.string().nullish(),
          x_forwarded_for: flag,
        })
        .nullish(),
      response: z.object({ status: size, content_length: size }).nullish(),
    })
    .nullish(),
  fault: flag,
  error: flag,
  throttle: flag,
  cause,
  aws: record,
  annotations: record,
  metadata: record,
  sql: record,
  user: z.string().nullish(),
  origin: z.string().nullish(),
  resource_arn: z.string().nullish(),
  service: z.object({ version: z.string().nullish() }).nullish(),
  links: z.array(z.object({ trace_id: z.string().nullish(), id: z.string().nullish(), attributes: record })).nullish(),
});

/** A segment, or a subsegment within one: they differ in where they stand. */
export type Segment = z.output<typeof common> & { readonly subsegments?: readonly Segment[] | null | undefined };

const segment: z.ZodType<Segment> = common.extend({
  get subsegments() {
    return z.array(segment).nullish();
  },
});

const asText = new Set(['start_time', 'end_time']);

/** Reads the document of a segment; undefined where it is none. */
export function segmentOf(document: string): Segment | undefined {
  const parsed = segment.safeParse(parseJson(document, asText));
  return parsed.success ? parsed.data : undefined;
}

/** Nanoseconds since 1970 of a number of seconds, with all of its digits. */
export function nanosOf(text: string | undefined): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(text ?? '') ?? [];
  if (whole !== undefined) return BigInt(whole) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value > 0 ? BigInt(Math.round(value * 1_000_000)) * 1_000n : undefined;
}
