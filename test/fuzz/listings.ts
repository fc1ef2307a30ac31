import { failureOf } from '../../src/api/failure.ts';
import { readListing } from '../../src/stores/s3/listing.ts';
import type { Page } from '../../src/stores/store.ts';
import { mutate } from '../support/traces/generate.ts';
import { type Subject, slipIn } from './subject.ts';

const contents = (key: string) =>
  `<Contents><Key>${key}</Key><LastModified>2026-11-20T10:00:00.000Z</LastModified><ETag>&quot;9b2cf535f27731c974343645a3985328&quot;</ETag><Size>48213</Size><StorageClass>STANDARD</StorageClass></Contents>`;

const listing = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>acme-traces</Name><Prefix>agents%2F</Prefix><KeyCount>3</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>MTI=</NextContinuationToken>${['agents/a%20b.json', 'agents/%F0%9F%99%82.json', 'agents/c&amp;d.json'].map(contents).join('')}<CommonPrefixes><Prefix>agents/tmp/</Prefix></CommonPrefixes></ListBucketResult>`;

/** Answers of a store to a listing: read, or refused as something that does not speak the protocol. */
export const listings: Subject = {
  name: 'listings',
  take: (random) => {
    const text = Buffer.from(mutate(random, Buffer.from(listing))).toString();
    let page: Page;
    try {
      page = readListing(text, 'acme-traces', random.chance(0.3) ? 'agents/a' : undefined);
    } catch (thrown) {
      const { reason, message } = failureOf(thrown);
      return reason === 'StoreProtocolError' ? slipIn(message) : `ends with ${reason}: ${message}`;
    }
    // One without a version is a file that scans leave alone, and say so.
    const odd = page.files.find(({ key, modifiedTime }) => typeof key !== 'string' || Number.isNaN(modifiedTime));
    const strange = page.files.find(({ size }) => !(Number.isSafeInteger(size) && size >= 0));
    return odd || strange ? `lists ${JSON.stringify(odd ?? strange)}` : undefined;
  },
};
