import { fail } from '../../api/failure.ts';
import type { Window } from '../kernel.ts';
import { walkMonocleFile } from '../monocle/file.ts';
import { walkJsonFile } from '../otlp/json-file.ts';
import type { Format } from '../port.ts';
import { walkProtobufFile } from '../protobuf/file.ts';
import { isProtobuf } from '../protobuf/sniff.ts';
import type { Job, Walk } from '../walk.ts';
import { type JsonShape, jsonShape } from './json-shape.ts';
import { looksLike } from './looks.ts';

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0;

/** Tells by its beginning what a file is, and walks over it. The window is filled. */
export function* walkFile(job: Job, format: Format): Walk<string> {
  const { window, place } = job;
  if (beginsWithMark(window)) place.at = 3;
  yield* passBlank(job);
  const at = place.at;
  if (at === window.end) {
    if (window.fault) return yield* walkJsonFile(job);
    fail('EmptyFile', window.offset + window.end === 0 ? 'the file has no bytes' : 'the file holds only white space');
  }
  const first = window.bytes[at];
  const json = first === 0x7b || first === 0x5b;
  if (format !== 'Monocle' && window.offset === 0 && window.bytes[0] === 0x0a && isProtobuf(window, json)) {
    place.at = 0;
    return yield* walkProtobufFile(job);
  }
  if (json) return yield* walkJson(job, format, jsonShape(window, at));
  if (format !== 'Monocle' && hasPrefixedDocument(window.bytes.subarray(at, Math.min(window.end, at + 65536))))
    return yield* walkJsonFile(job);
  return fail('NotATraceFile', `the file looks like ${looksLike(window.bytes.subarray(at, window.end))}`);
}

/** Behind the end of a short file lies what an earlier one left in the window. */
const beginsWithMark = ({ bytes, end }: Window): boolean => end >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;

/** White space at the beginning; where it is more than a window, what is in the window is dropped. */
function* passBlank({ window, place }: Job): Walk {
  for (;;) {
    while (place.at < window.end && isBlank(window.bytes[place.at] as number)) place.at++;
    if (place.at < window.end || window.ended) return;
    yield 'fill';
  }
}

function* walkJson(job: Job, format: Format, shape: JsonShape): Walk<string> {
  if (format !== 'Auto' && (shape.is === 'OTLP' || shape.is === 'Monocle') && shape.is !== format) {
    return fail('NotATraceFile', `the file looks like ${shape.is}, and only ${format} is wanted`);
  }
  if (format === 'OTLP') return yield* walkJsonFile(job);
  if (format === 'Monocle' || shape.is === 'Monocle') return yield* walkMonocleFile(job);
  if (shape.is === 'OTLP' || shape.is === 'nothing') return yield* walkJsonFile(job);
  return fail(
    'NotATraceFile',
    `the file looks like JSON of another kind${shape.fields.length > 0 ? `, with the fields ${shape.fields.join(', ')}` : ''}`,
  );
}

/** A log line that has an OTLP document in it. */
function hasPrefixedDocument(head: Uint8Array): boolean {
  const text = Buffer.from(head).toString('latin1');
  return /^[^\n{<]*\{\s*"(?:resourceSpans|resource_spans|resource|scopeSpans|scope_spans|batches)"\s*:/m.test(text) && !/^\s*</.test(text);
}
