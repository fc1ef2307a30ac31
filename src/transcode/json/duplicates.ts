import type { Names } from './names.ts';
import type { JsonReader } from './reader.ts';

/**
 * Where the superseded fields of the object at hand stand: of a field that appears more than once and may not repeat, all but the
 * last. The reader is just behind the `{` and comes back there. Only objects known to repeat a field are looked at in this way.
 */
export function lastPositions(reader: JsonReader, names: Names): Set<number> {
  const start = reader.at;
  const latest = new Map<number, number>();
  const superseded = new Set<number>();
  for (let first = true; ; first = false) {
    let byte = reader.peek();
    if (byte === 0x7d) break;
    if (!first) {
      if (byte !== 0x2c) reader.broken('a comma or } is expected');
      reader.at++;
      byte = reader.peek();
    }
    if (byte !== 0x22) reader.broken('a field name is expected');
    const key = reader.at;
    reader.string();
    const code = names.code(reader.text, reader.from, reader.to);
    if (reader.peek() !== 0x3a) reader.broken('a colon is expected');
    reader.at++;
    const isNull = reader.peek() === 0x6e;
    reader.skip();
    if (code === 0 || isNull || (names.repeated & (1 << code)) !== 0) continue;
    const before = latest.get(code);
    if (before !== undefined) superseded.add(before);
    latest.set(code, key);
  }
  reader.at = start;
  return superseded;
}
