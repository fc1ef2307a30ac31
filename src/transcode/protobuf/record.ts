import { fields } from '../wire/fields.ts';

/** What the records of a file are. All signals have the same envelope; only the records tell. */
export type RecordKind = 'spans' | 'log records' | 'metrics';

/** Number and wire type that only one kind of record has. */
const signatures: Readonly<Record<string, RecordKind>> = {
  '6:0': 'spans',
  '7:1': 'spans',
  '8:1': 'spans',
  '16:5': 'spans',
  '1:1': 'log records',
  '11:1': 'log records',
  '2:0': 'log records',
  '6:2': 'log records',
  '7:0': 'log records',
  '8:5': 'log records',
  '7:2': 'metrics',
};

/** Tells a record by its fields; where none is telling, a span begins with an id of 16 bytes (24 where damaged) and a metric with a name. */
export function recordKind(record: Uint8Array): RecordKind {
  let nameLike = false;
  let metric = false;
  for (const { number, wire, from, to } of fields(record)) {
    const kind = signatures[`${number}:${wire}`];
    if (kind) return kind;
    if (number === 1) nameLike = ![0, 16, 24].includes(to - from);
    metric ||= nameLike && [5, 9, 10, 11].includes(number);
  }
  return metric ? 'metrics' : 'spans';
}
