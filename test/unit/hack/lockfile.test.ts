import { describe, expect, test } from 'vitest';
import { saysTheSame } from '../../../hack/prepare/lockfile.mjs';

const own = { version: '1.0.0', dev: true };
const foreign = { version: '1.0.0', optional: true, os: ['an-os-of-others'] };
const lockfile = (packages: object, name = 'spanferry') => JSON.stringify({ name, packages });

const cases: readonly [sentence: string, one: string, other: string, same: boolean][] = [
  ['an equal lockfile says the same', lockfile({ own }), lockfile({ own }), true],
  ['a package of a foreign system makes no difference', lockfile({ own }), lockfile({ own, foreign }), true],
  ['nor does one that has gone', lockfile({ own, foreign }), lockfile({ own }), true],
  ['nor one for another processor', lockfile({ own }), lockfile({ own, wasm: { optional: true, cpu: ['wasm32'] } }), true],
  [
    'an optional package of this system does',
    lockfile({ own }),
    lockfile({ own, here: { optional: true, os: [process.platform] } }),
    false,
  ],
  ['another version does', lockfile({ own }), lockfile({ own: { ...own, version: '1.0.1' } }), false],
  ['a needed package does, whatever system it names', lockfile({ own }), lockfile({ own, needed: { ...foreign, optional: false } }), false],
  ['what stands beside the packages does', lockfile({ own }), lockfile({ own }, 'another'), false],
];

describe('a lockfile that npm has written again', () => {
  test.each(cases)('%s', (_sentence, one, other, same) => {
    expect(saysTheSame(one, other)).toBe(same);
  });
});
