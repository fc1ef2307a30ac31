import { describe, expect, test } from 'vitest';
import { svgOf } from '../../../hack/picture/svg.ts';
import { terminal } from '../../../hack/picture/terminal.ts';

const shown = (...pieces: readonly string[]): readonly string[] => {
  const screen = terminal(20);
  for (const piece of pieces) screen.write(piece);
  return screen
    .lines()
    .map((line) => line.map(({ at, text, look }) => `${at}:${text}${look.length > 0 ? `[${look.join(',')}]` : ''}`).join(' '));
};

describe('what stands on the terminal at the end', () => {
  test.each<[sentence: string, pieces: readonly string[], lines: readonly string[]]>([
    ['lines below each other', ['one\r\ntwo'], ['0:one', '0:two']],
    ['what was drawn over', ['one\r\ntwo\r\n\x1b[2A\rone\x1b[K\r\n2\x1b[K\r\n\x1b[J'], ['0:one', '0:2', '']],
    ['colours, each from its column on', ['a \x1b[32mgreen\x1b[39m and \x1b[1;31mbold\x1b[0m'], ['0:a  2:green[32] 7: and  12:bold[1,31]']],
    ['dim that ends before the colour does', ['\x1b[2m\x1b[36ma\x1b[22mb'], ['0:a[2,36] 1:b[36]']],
    ['a sequence that arrived in two pieces', ['\x1b[3', '2mgo'], ['0:go[32]']],
    ['nothing of a cursor that was hidden', ['\x1b[?25lhi\x1b[?25h'], ['0:hi']],
    ['a line too long, broken', ['x'.repeat(23)], [`0:${'x'.repeat(20)}`, '0:xxx']],
  ])('%s', (_sentence, pieces, lines) => {
    expect(shown(...pieces)).toEqual(lines);
  });
});

test('the picture says what was there, in its colour, and takes nothing for markup', () => {
  const svg = svgOf([[{ at: 2, text: '<&> done  ', look: [1, 32] }]], { columns: 20, title: 'npm run demo' });
  expect(svg).toContain('fill="#7ee787" font-weight="bold">&lt;&amp;&gt; done</text>');
  expect(svgOf([[{ at: 2, text: ' a  b c', look: [] }]], { columns: 20, title: '' }), 'blanks are places, not text').toMatch(
    /x="43\.2"[^>]*>a<[\s\S]*x="68\.4"[^>]*>b c</,
  );
  expect(svg).toMatch(/^<svg .*role="img" aria-label="npm run demo">/);
});
