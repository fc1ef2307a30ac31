import { textOf } from '../wire/utf8.ts';

const binaries: readonly (readonly [magic: string, what: string])[] = [
  ['PK\x03\x04', 'a ZIP archive'],
  ['PAR1', 'a Parquet file'],
  ['%PDF', 'a PDF document'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['Obj\x01', 'an Avro file'],
  ['ORC', 'an ORC file'],
  ['BZh', 'a bzip2 file'],
  ['\xfd7zXZ', 'an xz file'],
  ['\x04"M\x18', 'an LZ4 file'],
  ['\x7fELF', 'a program'],
  ['\xff\xfe', 'text in UTF-16'],
  ['\xfe\xff', 'text in UTF-16'],
  ['SQLite format 3', 'an SQLite database'],
];

/** What a file looks like that is no trace file, for people: "an HTML page", "an S3 error document: AccessDenied". */
export function looksLike(head: Uint8Array): string {
  const start = Buffer.from(head.subarray(0, 4096));
  const latin = start.toString('latin1');
  for (const [magic, what] of binaries) if (latin.startsWith(magic)) return what;
  if (latin.slice(257, 262) === 'ustar') return 'a tar archive';
  const text = textOf(start.subarray(0, 4090)).trimStart();
  if (/^<!doctype html|^<html/i.test(text)) return 'an HTML page';
  const code = /<Error>[\s\S]*?<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(text)?.[1];
  if (code) return `an S3 error document: ${code}`;
  if (/^<\?xml|^<[A-Za-z]/.test(text)) return 'XML';
  if (hasControls(start)) return 'binary data';
  return separated(text) ?? 'text';
}

const hasControls = (bytes: Uint8Array): boolean => bytes.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b));

/** Lines that hold the same number of commas or tabs. */
function separated(text: string): string | undefined {
  const [first, second] = text.split(/\r?\n/);
  for (const [separator, what] of [
    [',', 'CSV'],
    ['\t', 'tab-separated values'],
    [';', 'CSV'],
  ] as const) {
    const columns = (first ?? '').split(separator).length;
    if (columns > 2 && second !== undefined && (second === '' || second.split(separator).length === columns)) return what;
  }
  return undefined;
}
