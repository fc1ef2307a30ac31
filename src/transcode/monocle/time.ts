import { fromSeconds } from '../wire/integer.ts';

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,18}))?\s*(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Reads a time into `parsed` as nanoseconds since 1970. The fraction is read as text: Date knows milliseconds only. A time without a
 * zone counts as UTC.
 */
export function parseTime(text: string): boolean {
  const match = ISO.exec(text);
  if (!match) return false;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return false;
  const nanos = Number((match[7] ?? '').slice(0, 9).padEnd(9, '0'));
  return fromSeconds(Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - zoneSeconds(match[8]), nanos);
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0;
  const digits = zone.replace(':', '');
  const seconds = Number(digits.slice(1, 3)) * 3600 + Number(digits.slice(3, 5)) * 60;
  return digits.startsWith('-') ? -seconds : seconds;
}
