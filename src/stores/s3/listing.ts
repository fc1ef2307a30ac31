import { fail } from '../../api/failure.ts';
import type { Page, StoredFile } from '../store.ts';
import { compareUtf8 } from '../utf8-order.ts';
import { blocks, element } from './xml.ts';

/** One page as S3 answers it, and how to ask for the next. */
export type ListingPage = Page & { readonly next?: string | undefined };

/** Reads the answer of ListObjectsV2. The SDK reads it, too, with four times the CPU and as much garbage, and scans do little else. */
export function readListing(xml: string, bucket: string, startAfter: string | undefined): ListingPage {
  // A web page would pass for an empty bucket.
  if (!xml.includes('<ListBucketResult')) fail('StoreProtocolError', `${bucket}: the answer is not one of S3`);
  const head = xml.slice(0, firstOf(xml, '<Contents>', '<CommonPrefixes>')) + xml.slice(xml.lastIndexOf('</Contents>') + 1);
  // Servers that ignore the wish for an encoding do not repeat it.
  const decode = element(head, 'EncodingType') === 'url' ? formDecoded : (text: string) => text;
  const files: StoredFile[] = [];
  for (const block of blocks(xml, 'Contents')) {
    const file = fileOf(block, decode);
    if (file && (startAfter === undefined || compareUtf8(file.key, startAfter) > 0)) files.push(file);
  }
  const folders = [...blocks(xml, 'CommonPrefixes')].map((block) => decode(element(block, 'Prefix') ?? ''));
  const next = element(head, 'IsTruncated') === 'true' ? element(head, 'NextContinuationToken') : undefined;
  return { files, folders, next };
}

/** As a form is encoded, where a space is `+`. */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return fail('StoreProtocolError', 'the store lists a key in an encoding that cannot be read');
  }
}

function firstOf(xml: string, ...parts: readonly string[]): number {
  const found = parts.map((part) => xml.indexOf(part)).filter((at) => at >= 0);
  return found.length === 0 ? xml.length : Math.min(...found);
}

function fileOf(block: string, decode: (text: string) => string): StoredFile | undefined {
  const [key, version] = [element(block, 'Key'), element(block, 'ETag')];
  if (key === undefined || version === undefined) return undefined;
  const storageClass = element(block, 'StorageClass');
  const size = Number(element(block, 'Size') ?? 0);
  if (!Number.isSafeInteger(size) || size < 0) fail('StoreProtocolError', 'the store lists a file whose size is not a number');
  return {
    key: decode(key),
    version: version.replaceAll('"', ''),
    size,
    modifiedTime: Date.parse(element(block, 'LastModified') ?? '') || 0,
    ...((storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE') && { archived: true }),
  };
}
