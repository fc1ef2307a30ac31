/**
 * Parses JSON without losing digits: an integer beyond 2^53 becomes a bigint, and a number under one of these names stays the text that it is.
 * Undefined where it is no JSON.
 */
export function parseJson(body: string, asText: ReadonlySet<string> = new Set()): unknown {
  const reviver = (key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== 'number' || context?.source === undefined) return value;
    if (asText.has(key)) return context.source;
    return Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
  };
  try {
    return JSON.parse(body, reviver);
  } catch {
    return undefined;
  }
}
