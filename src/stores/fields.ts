/** For looking into what somebody else threw or answered, without trusting its shape. */
export type UnknownRecord = { readonly [name: string]: unknown };

export const isRecord = (value: unknown): value is UnknownRecord => typeof value === 'object' && value !== null;

export function recordIn(value: unknown, name: string): UnknownRecord | undefined {
  const inner = isRecord(value) ? value[name] : undefined;
  return isRecord(inner) ? inner : undefined;
}

export function textIn(value: unknown, name: string): string | undefined {
  const inner = isRecord(value) ? value[name] : undefined;
  return typeof inner === 'string' ? inner : undefined;
}

export function numberIn(value: unknown, name: string): number | undefined {
  const inner = isRecord(value) ? value[name] : undefined;
  return typeof inner === 'number' ? inner : undefined;
}
