import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blocksOf, pages } from '../../support/pages.ts';

/** Why a block is left out of the tests of docs, and where such a block may be. */
const marks: Readonly<Record<string, RegExp>> = {
  sh: /^(needs a cloud|needs a cluster with nodes|needs docker|needs a release|run by (?<test>test\/\S+))$/,
  yaml: /^(not applied: \S.+|run by (?<test>test\/\S+))$/,
};

const blocks = pages.flatMap(blocksOf);

test('a block is marked with words that are known, and a test that it names is there', () => {
  for (const { place, language, mark } of blocks) {
    if (mark === undefined || !(language in marks)) continue;
    const fits = marks[language]?.exec(mark);
    expect(fits, `${place}: <!-- ${mark} -->`).not.toBeNull();
    const named = fits?.groups?.test;
    if (named !== undefined) expect(existsSync(named), `${place} names ${named}`).toBe(true);
  }
});

test('commands say that they are: only sh, never bash, shell or console, so that none slips through untested', () => {
  expect(blocks.filter(({ language }) => ['bash', 'shell', 'console', 'zsh'].includes(language)).map(({ place }) => place)).toEqual([]);
});

test('JSON can be read', () => {
  for (const { place, text } of blocks.filter(({ language }) => language === 'json')) {
    expect(() => JSON.parse(text) as unknown, place).not.toThrow();
  }
});

describe('links', () => {
  const anchorsOf = (page: string): readonly string[] =>
    [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '')
        .replaceAll(' ', '-'),
    );

  test.each(pages)('of %s lead somewhere', (page) => {
    const text = readFileSync(page, 'utf8').replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '');
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?|mailto):/.test(link)) continue;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : join(dirname(page), file);
      expect(existsSync(target), `${page}: ${link}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(target), `${page}: ${link}`).toContain(anchor);
    }
  });
});
