import { cpus } from 'node:os';

/** One figure, and what it may be. A ratio has the unit `×`. */
export type Row = { readonly name: string; readonly value: number; readonly unit: string; readonly most?: number; readonly least?: number };

const isMissed = ({ value, most, least }: Row): boolean => (most !== undefined && value > most) || (least !== undefined && value < least);

/** A line of the table. */
export function line(row: Row): string {
  const { name, value, unit, most, least } = row;
  const bound = most !== undefined ? `at most ${most}` : least !== undefined ? `at least ${least}` : '';
  const figure = value.toFixed(value >= 100 ? 0 : 2);
  return `${name.padEnd(64)} ${figure.padStart(10)} ${unit.padEnd(14)} ${bound.padEnd(14)} ${isMissed(row) ? 'MISSED' : ''}`.trimEnd();
}

/** The same for programs. */
export function asObject(name: string, rows: readonly Row[]): object {
  const of = (ratios: boolean) =>
    Object.fromEntries(rows.filter(({ unit }) => (unit === '×') === ratios).map((row) => [row.name, row.value]));
  return { name, figures: of(false), ratios: of(true), machine: { node: process.version, cpus: cpus().length, model: cpus()[0]?.model } };
}
