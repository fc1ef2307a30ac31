import { expect, test } from 'vitest';
import { subjects } from '../fuzz/subjects.ts';
import { randomFrom } from '../support/traces/random.ts';

const INPUTS = 100;

test.each(subjects.map((subject) => [subject.name, subject] as const))(
  'bad %s are taken or refused in words (seeds 0 to 99)',
  async (_name, { take }) => {
    for (let seed = 0; seed < INPUTS; seed++) expect(await take(randomFrom(seed)), `seed ${seed}`).toBeUndefined();
  },
);
