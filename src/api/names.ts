import { createHash } from 'node:crypto';

/** The longest name of an object. */
const maxName = 253;

/** 96 bits: two files of a source share a name in one of 10^14 sources with a million files each. */
const hashLength = 24;

/**
 * Name of the record of a file: the source's name, then a hash of the file's identity (its parts in a fixed order). The same file
 * always gets the same name, so creating its record twice is refused by the API server itself.
 */
export const recordName = (source: string, identity: readonly string[]): string =>
  `${shortened(source, maxName - hashLength - 1)}-${hash(identity)}`;

/** Name of a segment of a source's ledger: the source's name, then the segment's number. */
export function segmentName(source: string, number: number): string {
  const room = maxName - '-9007199254740991'.length;
  return `${shortened(source, room)}-${number}`;
}

/** A name that fits. Where letters go, a hash of the whole name takes their place, so that two long names never become one. */
function shortened(name: string, room: number): string {
  if (name.length <= room) return name;
  const start = name.slice(0, room - hashLength - 1).replace(/[.-]+$/, '');
  return `${start}-${hash([name])}`;
}

/** As JSON, so that ["ab", "c"] and ["a", "bc"] differ. */
const hash = (parts: readonly string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, hashLength);
