import { describe, expect, test } from 'vitest';
import { bucketContents } from '../../../../hack/demo/sample/bucket.ts';
import type { SpanId } from '../../../../hack/demo/sample/spans.ts';
import { decodeRequest } from '../../../support/traces/decode.ts';
import { feed } from '../../../support/traces/feed.ts';

const contents = bucketContents(Date.parse('2026-11-20T10:00:00Z'));
const readable = contents.uploads.filter(({ key }) => key !== contents.broken.key);

type Request = { resourceSpans?: { scopeSpans?: { spans?: { traceId: string; spanId: string }[] }[] }[] };

async function idsIn(body: Buffer, name: string): Promise<SpanId[]> {
  const { failure, batches } = await feed(body, { name });
  expect(failure).toBeUndefined();
  return batches.flatMap(({ body: request }) =>
    ((decodeRequest(request) as Request).resourceSpans ?? [])
      .flatMap(({ scopeSpans = [] }) => scopeSpans)
      .flatMap(({ spans = [] }) => spans)
      .map(({ traceId, spanId }): SpanId => `${traceId}:${spanId}`),
  );
}

describe('the bucket of the demo', () => {
  test.each(readable.map((upload) => [upload.key, upload] as const))(
    '%s holds the spans that are awaited',
    async (key, { body, spans }) => {
      expect(await idsIn(body, key)).toEqual(spans);
    },
  );

  test('no span is in two files', () => {
    const all = contents.uploads.flatMap(({ spans }) => spans);
    expect(new Set(all).size).toBe(all.length);
  });

  test('the broken file has a trace id of impossible length', async () => {
    const broken = contents.uploads.find(({ key }) => key === contents.broken.key);
    const { failure } = await feed(broken?.body ?? '', {});
    expect(failure).toMatchObject({ reason: 'InvalidTraceId', message: expect.stringContaining('31 characters') });
  });

  test('its corrected version holds what is awaited', async () => {
    const broken = contents.uploads.find(({ key }) => key === contents.broken.key);
    expect(await idsIn(contents.broken.corrected, contents.broken.key)).toEqual(broken?.spans);
  });
});
