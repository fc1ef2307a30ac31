/** "1,204" */
export const count = (value: number): string => value.toLocaleString('en-US');

/** "1 span", "1,204 spans" */
export const counted = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

/** "812 B", "4.2 MB": three figures are enough to compare by. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** "340 ns", "12.4 ms", "1.20 s", "3 min 20 s", "2 h 5 min" */
export function duration(nanos: bigint): string {
  const value = Number(nanos);
  if (value === 0) return '0 s';
  if (value < 1e3) return `${value} ns`;
  if (value < 999.5e3) return `${figures(value / 1e3)} µs`;
  if (value < 999.5e6) return `${figures(value / 1e6)} ms`;
  if (value < 59.95e9) return `${figures(value / 1e9)} s`;
  const seconds = Math.round(value / 1e9);
  if (seconds < 3600) return parts(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return parts(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return parts(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const figures = (value: number): string => (value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0));

const parts = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${count(large)} ${largeUnit}` : `${count(large)} ${largeUnit} ${small} ${smallUnit}`;

/** "2026-11-19 10:00:00.120": the moment in UTC, to the millisecond. */
export function moment(nanos: bigint): string {
  return iso(nanos).slice(0, 23).replace('T', ' ');
}

/** The moment for programs, with all nine digits of its fraction. */
export function iso(nanos: bigint): string {
  const seconds = nanos / 1_000_000_000n;
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return `${nanos} ns`;
  return `${date.toISOString().slice(0, -5)}.${String(nanos % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** "just now", "12 s ago", "5 min ago", "3 h ago", "2 d ago": how long ago a moment was, in its largest unit. */
export function ago(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 1) return 'just now';
  return `${span(seconds)} ago`;
}

/** "12 s", "5 min", "3 h", "2 d": a time in its largest unit. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${count(Math.floor(seconds / 86_400))} d`;
}
