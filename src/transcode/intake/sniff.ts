import { fail } from '../../api/failure.ts';
import { walkJsonFile } from '../otlp/json-file.ts';
import type { Format } from '../port.ts';
import type { Job, Walk } from '../walk.ts';

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0;

/** Tells by its beginning what a file is, and walks over it. The window is filled. */
export function* walkFile(job: Job, _format: Format): Walk<string> {
  const { window, place } = job;
  if (window.bytes[0] === 0xef && window.bytes[1] === 0xbb && window.bytes[2] === 0xbf) place.at = 3;
  let at = place.at;
  while (at < window.end && isBlank(window.bytes[at] as number)) at++;
  if (at === window.end && window.ended && !window.fault)
    fail('EmptyFile', window.end === 0 ? 'the file has no bytes' : 'the file holds only white space');
  return yield* walkJsonFile(job);
}
