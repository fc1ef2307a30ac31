import { z } from 'zod';
import { fits, rule } from './rule.ts';

const pattern = '^(0|[1-9][0-9]{0,5})[smhd]$';

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How to write a duration; completes a sentence such as "--drain-timeout must be …". */
const durationForm = 'one number and one unit, such as 90s, 15m, 12h or 7d';

/** Milliseconds of a duration such as `90s`, `15m`, `12h` or `7d`; undefined when it is not one. The only parser of durations. */
export function parseDuration(text: string): number | undefined {
  const unit = text.at(-1);
  if (!new RegExp(pattern).test(text) || !isUnit(unit)) return undefined;
  return Number(text.slice(0, -1)) * unitMs[unit];
}

const isUnit = (text: string | undefined): text is keyof typeof unitMs => text !== undefined && Object.hasOwn(unitMs, text);

/** Milliseconds of a duration that a schema has already accepted. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new RangeError(`"${text}" is not a duration: write ${durationForm}`);
  return ms;
}

/** A duration in a spec. The longest one, 999999d, still is a safe integer in milliseconds. */
export const duration = () =>
  z
    .string()
    .max(32)
    .check(fits(pattern, `write a duration as ${durationForm}`));

/** A duration that is not below a least one, given in seconds. CEL's own `duration` knows no days. */
export const durationFrom = (seconds: number, says: string) =>
  duration().check(
    rule(
      `!self.matches('${pattern}') || (self.endsWith('d') ? self != '0d' : duration(self) >= duration('${seconds}s'))`,
      says,
      (value) => (parseDuration(value) ?? Number.POSITIVE_INFINITY) >= seconds * 1_000,
    ),
  );

/** A duration that is not above a longest one, given in days. */
export const durationUpTo = (days: number, says: string) =>
  duration().check(
    rule(
      `!self.matches('${pattern}') || (self.endsWith('d') ? int(self.replace('d', '')) <= ${days} : duration(self) <= duration('${24 * days}h'))`,
      says,
      (value) => (parseDuration(value) ?? 0) <= days * unitMs.d,
    ),
  );
