import { fail } from '../../api/failure.ts';
import { truncated } from '../json/tokens.ts';
import type { Job, Walk } from '../walk.ts';
import { DocumentWalker } from './document.ts';
import { SPACE } from './space.ts';

/** Walks over a file of OTLP JSON: documents in a row, on lines or not, with log prefixes and NULs between them. */
export function* walkJsonFile(job: Job): Walk<string> {
  const walker = new DocumentWalker(job);
  const { json, lines } = walker;
  for (;;) {
    const byte = yield* between(walker);
    if (byte < 0) break;
    if (byte !== 0x7b && byte !== 0x5b) {
      yield* passNoise(walker, job);
      continue;
    }
    lines.pass(json.reader.at);
    yield* walker.document();
    lines.document(json.reader.at);
  }
  if (job.window.fault) truncated(job.window);
  return conclude(walker, job);
}

/** The first byte of what follows, -1 at the end of the file. */
function* between({ json }: DocumentWalker): Walk<number> {
  const { reader, stretch } = json;
  for (;;) {
    while (reader.at < reader.end) {
      const byte = reader.bytes[reader.at] as number;
      if (!SPACE.has(byte)) return byte;
      reader.at++;
    }
    if (stretch.window.ended) return -1;
    yield* json.refill();
  }
}

/** A log prefix before a document, or a line without one. */
function* passNoise({ json }: DocumentWalker, job: Job): Walk {
  const { reader, stretch } = json;
  const offset = json.offset;
  const first = reader.bytes[reader.at] as number;
  if ('}],:"'.includes(String.fromCharCode(first))) reader.broken('this does not begin a document');
  for (;;) {
    while (reader.at < reader.end) {
      const byte = reader.bytes[reader.at] as number;
      if (byte === 0x7b) return job.tally.warn('text before a document on its line was passed over', offset);
      if (byte === 0x0a) return job.tally.warn('a line without a document was passed over', offset);
      reader.at++;
    }
    if (stretch.window.ended) return job.tally.warn('a line without a document was passed over', offset);
    yield* json.refill();
  }
}

function conclude({ seen, lines }: DocumentWalker, job: Job): string {
  const { tally, pending } = job;
  const spans = pending.counted + tally.rejectedSpans;
  const others = [...seen.others].map(([what, count]) => `${count} ${what}`).join(', ');
  if (spans === 0 && seen.others.size > 0) fail('NoTraces', `the file holds ${others} and no spans`);
  if (seen.envelopes === 0 && seen.documents > 0) fail('NotATraceFile', 'the file holds JSON, but nothing of OTLP');
  for (const [what, count] of seen.others) tally.warn(`${what} in the file were not delivered`, undefined, count);
  if (seen.unknown > 0) tally.warn('a document holds nothing of OTLP', undefined, seen.unknown);
  if (spans === 0) tally.warn('the file holds no spans');
  if (seen.documents < 2) return 'OTLP JSON';
  return lines.oneEach ? 'OTLP JSON lines' : 'OTLP JSON documents';
}
