import { isUtf8 } from 'node:buffer';
import { type IdKind, idSize, impossibleLength } from '../otlp/ids.ts';
import { type Field, readField } from '../wire/fields.ts';
import { repairId } from '../wire/id.ts';
import { repairUtf8 } from '../wire/utf8.ts';
import type { Writer } from '../wire/writer.ts';
import { LEN, type Schema } from './schema.ts';

/** Messages within messages; peers stop at 100. */
const MAX_DEPTH = 100;

/** What was seen of a message: ids, and whether it can be passed on as it is. */
export type Inspection = {
  clean: boolean;
  fault?: 'broken' | 'deep' | 'zero' | undefined;
  trace: boolean;
  span: boolean;
  repairedText: number;
  repairedIds: number;
};

export const newInspection = (): Inspection => ({ clean: true, trace: false, span: false, repairedText: 0, repairedIds: 0 });

const scratch = new Uint8Array(16);
export const traceId = new Uint8Array(16);

/** Looks at a message without copying it. False where it cannot be kept; `offset` is that of `bytes[0]` in the file. */
export function inspect(bytes: Uint8Array, from: number, to: number, schema: Schema, seen: Inspection, offset: number, depth = 0): boolean {
  if (depth > MAX_DEPTH) return fault(seen, 'deep');
  const field: Field = { number: 0, wire: 0, start: 0, from: 0, to: 0 };
  for (let at = from; at < to; ) {
    at = readField(bytes, at, to, field);
    if (at < 0) return fault(seen, 'broken');
    const content = schema.get(field.number);
    if (content === undefined) continue;
    if (field.wire !== LEN) return fault(seen, 'broken');
    if (content === 'string') {
      if (!isUtf8(bytes.subarray(field.from, field.to))) {
        seen.clean = false;
        seen.repairedText++;
      }
    } else if (typeof content === 'string') {
      if (!inspectId(bytes, field, content, seen, offset)) return false;
    } else if (!inspect(bytes, field.from, field.to, content, seen, offset, depth + 1)) return false;
  }
  return true;
}

function fault(seen: Inspection, what: 'broken' | 'deep' | 'zero'): false {
  seen.fault = what;
  return false;
}

function inspectId(bytes: Uint8Array, field: Field, kind: IdKind, seen: Inspection, offset: number): boolean {
  const size = idSize(kind);
  const own = kind === 'trace id' || kind === 'span id';
  const out = kind === 'trace id' ? traceId : scratch;
  const verdict = repairId(bytes, field.from, field.to, size, out);
  if (verdict === 'length' || verdict === 'alphabet')
    return impossibleLength(kind, size, field.to - field.from, 'bytes', offset + field.from);
  if (own && verdict === 'absent') return impossibleLength(kind, size, 0, 'bytes', offset + field.from);
  if (own && verdict === 'zero') return fault(seen, 'zero');
  if (kind === 'trace id') seen.trace = true;
  if (kind === 'span id') seen.span = true;
  if (verdict === 'zero') seen.clean = false;
  if (verdict === 'ok' && field.to - field.from !== size) {
    seen.clean = false;
    seen.repairedIds++;
  }
  return true;
}

/** Writes a message that passed inspection, with text and ids repaired. Everything else stays byte for byte. */
export function rewrite(bytes: Uint8Array, from: number, to: number, schema: Schema, w: Writer): void {
  const field: Field = { number: 0, wire: 0, start: 0, from: 0, to: 0 };
  for (let at = from; at < to; ) {
    at = readField(bytes, at, to, field);
    const content = schema.get(field.number);
    if (content === undefined) {
      w.raw(bytes, field.start, field.to);
      continue;
    }
    const tag = (field.number << 3) | LEN;
    if (content === 'string') w.field(tag, repairUtf8(bytes.subarray(field.from, field.to)));
    else if (typeof content === 'string') {
      const size = idSize(content);
      if (repairId(bytes, field.from, field.to, size, scratch) === 'ok') w.field(tag, scratch, 0, size);
    } else {
      const mark = w.open(tag);
      rewrite(bytes, field.from, field.to, content, w);
      w.close(mark);
    }
  }
}
