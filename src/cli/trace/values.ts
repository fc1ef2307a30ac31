import type { AnyValue, KeyValue } from './otlp.ts';

/** Attributes by key; the last of a key wins. */
export const attributesOf = (attributes: readonly KeyValue[] = []): ReadonlyMap<string, AnyValue> =>
  new Map(attributes.map(({ key, value }) => [key, value ?? {}]));

/** A value as plain JSON: what a person would have written. */
export function plain(value: AnyValue): unknown {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plain);
  if (value.kvlistValue) return Object.fromEntries((value.kvlistValue.values ?? []).map(({ key, value }) => [key, plain(value ?? {})]));
  return value.stringValue ?? value.boolValue ?? value.intValue ?? value.doubleValue ?? value.bytesValue ?? null;
}

/** A value as text, whatever its kind; undefined where it is empty. */
export function textOfValue(value: AnyValue | undefined): string | undefined {
  if (!value) return undefined;
  const found = plain(value);
  if (found === null || found === '') return undefined;
  return typeof found === 'object' ? JSON.stringify(found) : String(found);
}

/** A value as a number; undefined where it is none. */
export function numberOfValue(value: AnyValue | undefined): number | undefined {
  const text = textOfValue(value);
  const found = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(found) ? found : undefined;
}
