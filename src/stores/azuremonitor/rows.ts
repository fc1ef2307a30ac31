import { z } from 'zod';
import { parseJson } from '../slices/json.ts';

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

const table = z.object({
  name: z.string(),
  columns: z.array(z.object({ name: z.string(), type: z.string().optional() })),
  rows: z.array(z.array(z.unknown())),
});

const error = z.object({ code: z.string().optional(), message: z.string().optional(), innererror: z.unknown().optional() });

export const queryAnswer = z.object({ tables: z.array(table).nullish(), error: error.nullish() });

/** The rows of the result; an empty answer has none. */
export function rowsOf(answer: z.output<typeof queryAnswer>): readonly Row[] {
  const result = answer.tables?.find(({ name }) => name === 'PrimaryResult') ?? answer.tables?.[0];
  if (!result) return [];
  const names = result.columns.map(({ name }) => name);
  return result.rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])));
}

export function textAt(row: Row, column: string): string | undefined {
  const value = row[column];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A dynamic column comes as JSON in a string. */
export function objectAt(row: Row, column: string): object {
  const value = row[column];
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  return typeof parsed === 'object' && parsed !== null ? parsed : {};
}
