import { z } from 'zod';
import { duration, durationFrom } from './duration.ts';
import { maxKey, moment } from './fields.ts';
import { fits, rule } from './rule.ts';

const given = (value: unknown): number => (value === undefined ? 0 : 1);

const modified = z
  .object({
    since: duration()
      .exactOptional()
      .describe(
        'Only files modified in so long a time before this was written, such as 7d, and all later ones. Resolved once per edit, into status.modifiedAfter.',
      ),
    after: moment().exactOptional().describe('Only files modified after this moment, such as 2026-11-01T00:00:00Z.'),
    latest: z
      .int()
      .min(1)
      .max(1_000_000)
      .exactOptional()
      .describe('Only the N files modified last, and all later ones. Resolved once per edit, into status.modifiedAfter.'),
    before: moment().exactOptional().describe('Only files modified before this moment. Alone or beside since, after or latest.'),
  })
  .check(
    rule(
      '[has(self.since), has(self.after), has(self.latest)].filter(x, x).size() <= 1',
      'give at most one of since, after and latest; before may stand beside each',
      (it) => given(it.since) + given(it.after) + given(it.latest) <= 1,
    ),
    rule(
      '!has(self.after) || !has(self.before) || self.after < self.before',
      'no file is modified after `after` and before `before`: after must be the earlier moment',
      (it) => it.after === undefined || it.before === undefined || Date.parse(it.after) < Date.parse(it.before),
    ),
  );

const glob = () => z.string().min(1).max(maxKey);

/** Which files of the store match, and how often to look. */
export const scan = z.object({
  interval: durationFrom(10, 'interval must be 10s or more').default('60s').describe('How often to look for new files; 10s or more.'),
  extensions: z
    .array(z.string().max(32).check(fits('^\\.[^/]+$', 'an extension starts with a dot and has no slash, such as ".json"')))
    .max(20)
    .exactOptional()
    .describe(
      'Extensions of keys that are taken; each also matches with .gz and .zst after it. An empty list takes every key. Left out: .json, and .ndjson too with format Monocle.',
    ),
  include: z
    .array(glob())
    .max(50)
    .default([])
    .describe('Globs on the whole key, such as **/monocle_trace_*; a key must match one of them. Left out: every key.'),
  exclude: z.array(glob()).max(50).default([]).describe('Globs on the whole key; a key that matches one of them is left alone.'),
  modified: modified.exactOptional().describe('Only files modified in some time. Left out: all files.'),
  minAge: duration().default('0s').describe('How long a file must rest unchanged before it is read.'),
  overwritten: z
    .enum(['Ingest', 'Ignore'])
    .default('Ingest')
    .describe('New content under a key that was ingested before: Ingest takes it as a new file, Ignore leaves it alone.'),
});
