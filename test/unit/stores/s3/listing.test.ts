import { expect, test } from 'vitest';
import { failureOf } from '../../../../src/api/failure.ts';
import { readListing } from '../../../../src/stores/s3/listing.ts';

const contents = (key: string, more = '') =>
  `<Contents><Key>${key}</Key><LastModified>2026-11-20T12:00:00.000Z</LastModified><ETag>&quot;9b2c&quot;</ETag><Size>12</Size>${more}</Contents>`;
const result = (inside: string) =>
  `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>${inside}</ListBucketResult>`;
const keysOf = (xml: string, startAfter?: string) => readListing(xml, 'b', startAfter).files.map(({ key }) => key);

test('a file has key, version without quotes, size and time', () => {
  expect(readListing(result(contents('run.json')), 'b', undefined).files).toEqual([
    { key: 'run.json', version: '9b2c', size: 12, modifiedTime: Date.UTC(2026, 10, 20, 12) },
  ]);
});

test('keys are decoded where the answer says that they are encoded', () => {
  const encoded = result(`<EncodingType>url</EncodingType>${contents('a+b%2B%0A%F0%9F%9A%80.json')}`);
  expect(keysOf(encoded)).toEqual(['a b+\n🚀.json']);
  expect(keysOf(result(contents('a+b%2B &amp; &lt;c&gt;&#13;&#x1F680;.json')))).toEqual(['a+b%2B & <c>\r🚀.json']);
});

test('the token of the next page counts only where the listing is truncated, wherever in the answer it stands', () => {
  const page = (truncated: boolean) =>
    readListing(
      result(`${contents('a')}<IsTruncated>${truncated}</IsTruncated><NextContinuationToken>t1</NextContinuationToken>`),
      'b',
      undefined,
    );
  expect(page(true).next).toBe('t1');
  expect(page(false).next).toBeUndefined();
});

test('folders are the common prefixes, and the prefix asked for is none', () => {
  const xml = result(
    '<Prefix>a/</Prefix><CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>a/c/</Prefix></CommonPrefixes>',
  );
  expect(readListing(xml, 'b', undefined)).toMatchObject({ files: [], folders: ['a/b/', 'a/c/'] });
});

test('a server that ignores the start key is not believed', () => {
  expect(keysOf(result(contents('a') + contents('b') + contents('c')), 'b')).toEqual(['c']);
});

test.each([
  ['a web page', '<!doctype html><html><body>It works!</body></html>'],
  ['nothing', ''],
  ['a key that cannot be decoded', result(`<EncodingType>url</EncodingType>${contents('%E0%A4%A')}`)],
])('%s is StoreProtocolError', (_what, xml) => {
  const read = () => {
    try {
      return readListing(xml, 'b', undefined);
    } catch (thrown) {
      return failureOf(thrown);
    }
  };
  expect(read()).toMatchObject({ reason: 'StoreProtocolError' });
});
