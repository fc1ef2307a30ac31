import { KubeError } from './errors.ts';

/** An object with its status can be 1.5 MiB in etcd; what is far longer than that is not a line of a watch. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** The JSON values of a stream that has one per line. Bytes are decoded per line, so no character is cut in two. */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
  let rest: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10, from); end >= 0; end = chunk.indexOf(10, from)) {
      const line = chunk.subarray(from, end);
      from = end + 1;
      const whole = rest.length === 0 ? line : Buffer.concat([...rest, line]);
      rest = [];
      held = 0;
      if (whole.length > 0) yield parsed(whole);
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      held += chunk.length - from;
    }
    if (held > LONGEST_LINE) throw new KubeError('Garbled', 'a watch sent a line without end');
  }
  // A line without its end is the mark of a broken connection: half an event is none.
}

function parsed(line: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8'));
  } catch {
    throw new KubeError('Garbled', 'a watch sent a line that is not JSON');
  }
}
