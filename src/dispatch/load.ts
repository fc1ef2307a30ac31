import { maxPack } from '../api/ingestionfile.ts';
import type { Candidate } from '../api/supply.ts';

/** What makes a pack. */
export type PackLimits = {
  /** Fewer files than this go one by one: then nobody has to wait for the others. */
  readonly least: number;
  readonly most: number;
  /** A file above this goes alone. */
  readonly fileBytes: number;
  readonly bytes: number;
};

const KIB = 1024;
export const packLimits: PackLimits = { least: 32, most: maxPack, fileBytes: 64 * KIB, bytes: 8 * KIB * KIB };

/**
 * What goes into the next record of a source: the file that waits longest, and where that is one of many small ones, as many of
 * them as a pack holds. Files keep their order.
 */
export function nextLoad(waiting: readonly Candidate[], limits: PackLimits = packLimits): readonly Candidate[] {
  const [first] = waiting;
  if (!first) return [];
  const alone = [first];
  if (!isSmall(first, limits)) return alone;
  const pack: Candidate[] = [];
  let bytes = 0;
  for (const candidate of waiting) {
    if (!isSmall(candidate, limits)) continue;
    if (pack.length === limits.most || bytes + candidate.size > limits.bytes) break;
    pack.push(candidate);
    bytes += candidate.size;
  }
  return pack.length >= limits.least ? pack : alone;
}

const isSmall = ({ size, alone }: Candidate, { fileBytes }: PackLimits): boolean => alone !== true && size <= fileBytes;
