const HIDDEN = '[redacted]';

/** Field names whose values are never written, wherever they stand in a log line. */
const secretName =
  /(secret|password|passwd|credential|authorization|cookie|signature|private_?key|access_?key|api_?key|token|sas|connection_?string)$/i;

/** Names that end like a secret but only point at one. */
const harmlessName = /(^|_)(count|total)$|ref$|name$/i;

const inText: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // Presigned URLs carry their signature in the query, and some endpoints a password before the host.
  [/\b(https?:\/\/)[^\s/@"']+@/gi, '$1'],
  [/\b(https?:\/\/[^\s?"'<>]+)\?[^\s"'<>]*/gi, '$1'],
  [/\b(bearer|basic)\s+[\w\-.~+/]{8,}=*/gi, `$1 ${HIDDEN}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, HIDDEN],
  [/\b(AccountKey|SharedAccessSignature|sig|X-Amz-Signature|X-Amz-Security-Token)=[^\s;&"']+/gi, `$1=${HIDDEN}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
];

/** `text` without query strings of URLs, passwords, bearer tokens, signatures and private keys. */
export const redacted = (text: string): string => inText.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);

/** A copy of `fields` that may be written: secrets by name are hidden, texts are cleaned, depth and length are bounded. */
export const redactedFields = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, isSecret(name) ? HIDDEN : clean(value, 0)]));

const isSecret = (name: string): boolean => secretName.test(name) && !harmlessName.test(name);

const MAX_DEPTH = 4;
const MAX_TEXT = 4_096;
const MAX_ITEMS = 50;

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redacted(value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (depth >= MAX_DEPTH) return '…';
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => clean(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .map(([name, item]) => [name, isSecret(name) ? HIDDEN : clean(item, depth + 1)]),
  );
}

/**
 * Only name, code, message and cause: errors of clients carry requests, headers and bodies as properties. What a failure of
 * ours says is enough for people; what nobody foresaw also needs the place it came from.
 */
function describeError(error: Error, depth: number): unknown {
  const foreseen = 'failure' in error;
  return {
    name: error.name,
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    message: redacted(error.message.slice(0, MAX_TEXT)),
    ...(foreseen || depth > 0 || !error.stack ? {} : { stack: redacted(error.stack.slice(0, MAX_TEXT)) }),
    ...(error.cause instanceof Error && depth < MAX_DEPTH ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}
