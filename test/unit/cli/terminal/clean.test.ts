import { describe, expect, test } from 'vitest';
import { clean, cleanLines, safeJson } from '../../../../src/cli/terminal/clean.ts';

const cases: readonly [sentence: string, text: string, shown: string][] = [
  ['plain text stays', 'chat gpt-4o · 1,204 → 88', 'chat gpt-4o · 1,204 → 88'],
  ['colours go', '\x1b[1;31mred\x1b[0m', 'red'],
  ['a screen is not wiped and a cursor not moved', 'a\x1b[2J\x1b[1;1Hb\x1b[1Ac', 'abc'],
  ['a title is not set', 'pay\x1b]0;owned\x07ments', 'payments'],
  ['nor with the other end of it', 'pay\x1b]0;owned\x1b\\ments', 'payments'],
  ['a link is only its text', '\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\', 'link'],
  ['a sequence without an end takes nothing along', 'a\x1b]0;rest of the name', 'a0;rest of the name'],
  ['nor does half a sequence', 'a\x1b[', 'a'],
  ['device control strings go', 'a\x1bP1$r0m\x1b\\b', 'ab'],
  ['a reset is not done', 'gpt\x1bc', 'gpt'],
  ['the eight-bit forms are known', 'a\x9b31mb\x9d0;t\x9cc', 'abc'],
  ['backspace, bell and NUL go', 'a\b\b\x07\0b\x7f', 'ab'],
  ['lines and tabs become spaces', 'one\r\ntwo\tthree\u2028four\vfive', 'one two three four five'],
  ['the direction of text cannot be turned', 'user\u202egpj.exe \u2066x\u2069\u200f', 'usergpj.exe x'],
  ['what cannot be seen goes', 'a\u200bb\ufeffc\u{e0041}d', 'abcd'],
  ['joined emoji stay together', '👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦'],
  ['half a surrogate pair is marked', 'a\ud800b', 'a\ufffdb'],
];

describe('text from a file', () => {
  test.each(cases)('%s', (_sentence, text, shown) => {
    expect(clean(text)).toBe(shown);
  });

  test('may keep its lines', () => {
    expect(cleanLines('one\r\n\ttwo\x1b[2K\nthree\x85four')).toBe('one\n  two\nthree\nfour');
  });

  test('never holds a control afterwards, whatever it was', () => {
    const controls = Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code)).join('');
    for (let from = 0; from < controls.length; from++) {
      expect(clean(controls.slice(from) + controls.slice(0, from))).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    }
  });

  test('a long run of beginnings takes no time', () => {
    const started = process.cpuUsage();
    clean('\x1b]'.repeat(100_000));
    clean('\x1b['.repeat(100_000));
    clean('\x9d'.repeat(100_000));
    clean('\x1b[0'.repeat(100_000));
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(2_000);
  });
});

test('JSON for programs means the same and holds no control of either half', () => {
  const value = { name: 'a\x1b[31m\x7f\x9bb\u202e\u{e0041}', text: 'é 東京 👩‍👩‍👧‍👦' };
  const json = safeJson(JSON.stringify(value));
  expect(JSON.parse(json)).toEqual(value);
  expect(json).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
  expect(json).toContain('é 東京 👩‍👩‍👧‍👦');
});
