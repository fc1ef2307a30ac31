import { STATUS_CODES } from 'node:http';
import { fieldsOf } from './wire.ts';

/** What came back for one request: an answer of HTTP, or the error that stood in its place. */
export type Answer =
  | {
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
      /** At most 64 KiB of it. */
      readonly body: Uint8Array;
    }
  | { readonly error: Error };

export type HttpAnswer = Extract<Answer, { status: number }>;

/** Never shows a secret, never breaks a line, never grows: words of a stranger, fit for a status. */
export function cleaned(text: string, secrets: readonly string[], length = 300): string {
  let clean = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  for (const secret of secrets) clean = clean.replaceAll(secret, '[redacted]');
  return clean.length > length ? `${clean.slice(0, length - 1).toWellFormed()}…` : clean;
}

export const header = (answer: HttpAnswer, name: string): string | undefined => {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : value?.[0];
};

const isType = (answer: HttpAnswer, pattern: RegExp): boolean => pattern.test(header(answer, 'content-type') ?? '');
export const isHtml = (answer: HttpAnswer): boolean => isType(answer, /html/i);
const isProtobuf = (answer: HttpAnswer): boolean => isType(answer, /protobuf/i);
const isJson = (answer: HttpAnswer): boolean => isType(answer, /json/i);

/** "404 Not Found: no such route": the status and what the other side says about it. */
export function wordsOf(answer: HttpAnswer, secrets: readonly string[]): string {
  const status = `${answer.status} ${STATUS_CODES[answer.status] ?? ''}`.trimEnd();
  const said = cleaned(saidIn(answer), secrets);
  return said === '' ? status : `${status}: ${said}`;
}

function saidIn(answer: HttpAnswer): string {
  if (isProtobuf(answer)) return decoded(() => rpcMessage(answer.body)) ?? '';
  const text = new TextDecoder().decode(answer.body);
  if (isJson(answer)) return decoded(() => jsonMessage(JSON.parse(text))) ?? text;
  return isHtml(answer) ? text.replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ') : text;
}

/** google.rpc.Status: 1 code, 2 message, 3 details. */
function rpcMessage(body: Uint8Array): string | undefined {
  for (const field of fieldsOf(body)) {
    if (field.number === 2) return new TextDecoder().decode(body.subarray(field.valueStart, field.end));
  }
  return undefined;
}

function jsonMessage(value: unknown): string | undefined {
  for (const name of ['message', 'error', 'detail', 'title', 'errors']) {
    const member = memberOf(value, name);
    if (typeof member === 'string') return member;
    if (member !== undefined) return jsonMessage(member) ?? JSON.stringify(member);
  }
  return undefined;
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;

/** What a 2xx answer says about spans that it did not take. */
export type PartialSuccess = { readonly rejected: number; readonly words: string };

/** Reads ExportTraceServiceResponse, in protobuf or JSON. An answer that is neither says nothing about rejected spans. */
export function partialSuccessOf(answer: HttpAnswer, secrets: readonly string[]): PartialSuccess {
  const found = isJson(answer)
    ? decoded(() => jsonPartialSuccess(JSON.parse(new TextDecoder().decode(answer.body))))
    : isProtobuf(answer)
      ? decoded(() => protobufPartialSuccess(answer.body))
      : undefined;
  const rejected = found?.rejected ?? 0;
  return { rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0, words: cleaned(found?.words ?? '', secrets) };
}

function protobufPartialSuccess(body: Uint8Array): PartialSuccess {
  let [rejected, words] = [0, ''];
  for (const outer of fieldsOf(body)) {
    if (outer.number !== 1) continue;
    for (const inner of fieldsOf(body, outer.valueStart, outer.end)) {
      if (inner.number === 1) rejected = inner.value;
      if (inner.number === 2) words = new TextDecoder().decode(body.subarray(inner.valueStart, inner.end));
    }
  }
  return { rejected, words };
}

function jsonPartialSuccess(value: unknown): PartialSuccess {
  const partial = memberOf(value, 'partialSuccess') ?? memberOf(value, 'partial_success');
  const rejected = Number(memberOf(partial, 'rejectedSpans') ?? memberOf(partial, 'rejected_spans') ?? 0);
  const words = memberOf(partial, 'errorMessage') ?? memberOf(partial, 'error_message') ?? '';
  return { rejected, words: String(words) };
}

/** A stranger's body may be broken: then there is nothing to read from it. */
function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}
