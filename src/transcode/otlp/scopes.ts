import { fail } from '../../api/failure.ts';
import { type Header, setHead, setUrl } from '../batch/headers.ts';
import type { JsonReader } from '../json/reader.ts';
import type { JsonWalker } from '../json/walker.ts';
import type { HeaderKind, SpanKernel } from '../kernel.ts';
import type { Walk } from '../walk.ts';
import { readString } from './scalars.ts';

/** Reads the Resource or the scope that begins here into the header: the fast kernel first, where there is one. */
export function* readHead(json: JsonWalker, kernels: readonly SpanKernel[], kind: HeaderKind, header: Header): Walk {
  const { reader, stretch } = json;
  for (;;) {
    for (const kernel of kernels) {
      const run = kernel.header(stretch.window, reader.at, kind);
      if (run.why === 'declined') continue;
      if (run.why === 'more') break;
      reader.at = run.at;
      // A look ahead may have filled the header already.
      if (header.known) return;
      if (header.hasHead) stretch.warn(`a ${kind} appears twice; the last one counts`, json.offset);
      setHead(header, run.message);
      return;
    }
    if (!(yield* json.refill())) fail('SpanTooLarge', `the ${kind} at offset ${json.offset} is larger than can be read`);
  }
}

/** Reads the schema URL that begins here into the header. */
export function* readUrl(json: JsonWalker, header: Header): Walk {
  const url = yield* json.step(() => urlOf(json.reader));
  if (!header.known) setUrl(header, url);
}

function urlOf(reader: JsonReader): Uint8Array {
  if (reader.peek() !== 0x22) reader.broken('schemaUrl is not a string');
  readString(reader, 'schemaUrl');
  return reader.text.slice(reader.from, reader.to);
}
