import { expect, test } from 'vitest';
import { bodyOf, failsWith, idsOf, numberOf, trueFiles, versionOf } from '../../chaos/truth.ts';
import { decodeSpans } from '../../support/collector-proto.ts';
import { random } from '../../support/random.ts';
import { feed } from '../../support/traces/feed.ts';

const files = trueFiles(random(7), 12, ['agents']);

test.each(files.map((file) => [file.writing, file] as const))(
  'a file that is written as %s holds the spans it claims, or fails as it should',
  async (writing, file) => {
    for (const version of writing === 'bomb' ? [0] : [0, 3]) {
      const { batches, failure } = await feed(bodyOf(file, version));
      expect(failure?.reason).toBe(failsWith[writing]);
      if (failure) continue;
      expect(batches.flatMap(({ body }) => decodeSpans(body).map(({ id }) => id))).toEqual(
        expect.arrayContaining([...idsOf(file, version)]),
      );
    }
  },
);

test('a span tells its file and its version', () => {
  const [file] = files.slice(-1);
  const [id = ''] = idsOf(file!, 3);
  expect([numberOf(id), versionOf(id), id.length]).toEqual([11, 3, 16]);
});
