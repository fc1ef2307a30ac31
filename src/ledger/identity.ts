import { hash } from 'node:crypto';

/** Where a bucket is, for the purpose of telling files apart: never its prefix or region, which may be edited. */
export type Place = { readonly kind: string; readonly endpoint: string; readonly bucket: string };

/** 96 bits that stand for one content of one file: 56 of place and key, 40 of the version. Two words hold the key, so that one can ask by key alone. */
export type Identity = {
  /** The first 32 bits of the key. */
  readonly high: number;
  /** The other 24 bits of the key, then the first 8 of the version. */
  readonly middle: number;
  /** The other 32 bits of the version. */
  readonly low: number;
};

/**
 * Makes identities of files in one place. With 56 bits for keys, a bucket of ten million files has a chance of about one in
 * 1,400 that any two of its keys are taken for one another; with the version's 40 bits beside them, one in 10^15.
 */
export function identities({ kind, endpoint, bucket }: Place): (file: { readonly key: string; readonly version: string }) => Identity {
  const place = `${kind}\n${endpoint}\n${bucket}\n`;
  return ({ key, version }) => {
    // A character is a byte: as a Buffer each would cost twice the time, and listings hash every file that is done.
    const ofKey = hash('sha256', place + key, 'binary');
    const ofVersion = hash('sha256', version, 'binary');
    return {
      high: wordAt(ofKey, 0),
      middle: ((wordAt(ofKey, 4) & 0xffffff00) | ofVersion.charCodeAt(0)) >>> 0,
      low: wordAt(ofVersion, 1),
    };
  };
}

/** Four bytes, the highest first. */
const wordAt = (bytes: string, at: number): number =>
  ((bytes.charCodeAt(at) << 24) | (bytes.charCodeAt(at + 1) << 16) | (bytes.charCodeAt(at + 2) << 8) | bytes.charCodeAt(at + 3)) >>> 0;

/** For names and maps: 24 hex digits. */
export const identityText = ({ high, middle, low }: Identity): string =>
  [high, middle, low].map((word) => word.toString(16).padStart(8, '0')).join('');
