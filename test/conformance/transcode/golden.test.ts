import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeRequest } from '../../support/traces/decode.ts';
import { feed, type Outcome } from '../../support/traces/feed.ts';

/**
 * Every file of the fixtures with what it means: `NAME.expected.json` holds the decoded requests and the summary. A new file gets
 * its expectation on the first run with UPDATE_GOLDEN=1; read it before committing it.
 */
const folder = new URL('../../fixtures/traces/', import.meta.url);
const names = readdirSync(folder).filter((name) => !name.endsWith('.expected.json') && !name.endsWith('.md'));

const meaning = ({ summary, failure, batches }: Outcome): unknown =>
  JSON.parse(
    JSON.stringify(
      { ...(summary ? { summary } : { failure }), requests: batches.map(({ body }) => decodeRequest(body)) },
      (_name, value) => (typeof value === 'bigint' ? String(value) : value),
    ),
  );

describe('every kind of file means what its golden file says', () => {
  test.each(names)('%s', async (name) => {
    const content = readFileSync(new URL(name, folder));
    const expectation = new URL(`${name}.expected.json`, folder);
    const seen = meaning(await feed(content, { name }));
    if (process.env.UPDATE_GOLDEN && !existsSync(expectation)) writeFileSync(expectation, `${JSON.stringify(seen, null, 1)}\n`);
    expect(seen).toEqual(JSON.parse(readFileSync(expectation, 'utf8')));
  });

  test.each(names.flatMap((name) => [1, 7, 4096].map((chunk) => [name, chunk] as const)))(
    '%s in chunks of %d bytes is the same',
    async (name, chunk) => {
      const content = readFileSync(new URL(name, folder));
      const [whole, pieces] = [await feed(content, { name }), await feed(content, { name, chunk })];
      expect(pieces).toEqual(whole);
    },
  );

  test.each(names)('%s in small batches holds the same spans', async (name) => {
    const content = readFileSync(new URL(name, folder));
    const [whole, small] = [await feed(content, { name }), await feed(content, { name, settings: { maxBatchBytes: 4096 } })];
    expect(small.summary?.spans).toBe(whole.summary?.spans);
    for (const { body } of small.batches) expect(body.length).toBeLessThanOrEqual(4096);
  });
});
