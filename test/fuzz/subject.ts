import type { Random } from '../support/traces/random.ts';

/** Something that takes input from strangers. */
export type Subject = {
  readonly name: string;
  /** Takes one bad input and says what is wrong with how it was taken, if anything. Whatever is thrown is wrong, too. */
  readonly take: (random: Random) => Promise<string | undefined> | string | undefined;
};

/** What only a programmer would say. */
const slips = [
  /\n\s+at /,
  /\b(Type|Range|Reference|Syntax)Error\b/,
  /\[object \w+\]/,
  /undefined/,
  /is not a function/,
  /Cannot read/,
  /\/src\//,
  /node:internal/,
  /InternalError/,
];

/** What is wrong with words that a user will read; undefined where they are a sentence. */
export function slipIn(words: string): string | undefined {
  const slip = slips.find((each) => each.test(words));
  if (words.trim() === '') return 'says nothing';
  return slip && `says ${JSON.stringify(words.slice(0, 300))}`;
}

const oddities: readonly unknown[] = [
  null,
  '',
  ' ',
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  true,
  [],
  {},
  [[]],
  '\u0000',
  '\ud800',
  '🙂',
  'a'.repeat(5_000),
  '__proto__',
  'constructor',
  '../../etc/passwd',
  'http://[::1',
  'https://\u202e@evil',
  '{{',
  '[a-',
  '!(a|b',
  '**/{a,b',
  '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
];

/** A copy with a few members replaced, left out, doubled under odd names or swapped. */
export function mutated(random: Random, value: unknown): unknown {
  let copy = structuredClone(value);
  for (let round = random.below(3); round >= 0; round--) copy = once(random, copy);
  return copy;
}

function once(random: Random, value: unknown): unknown {
  if (random.chance(0.15) || typeof value !== 'object' || value === null) {
    if (typeof value === 'string' && random.chance(0.5)) return garbled(random, value);
    return structuredClone(random.pick(oddities));
  }
  if (Array.isArray(value)) return value.map((each, at) => (at === value.length - 1 || random.chance(0.3) ? once(random, each) : each));
  const entries = Object.entries(value);
  if (entries.length === 0) return { [random.pick(['a', 'name', 'key', '__proto__'])]: random.pick(oddities) };
  const at = random.below(entries.length);
  const [name, member] = entries[at]!;
  const left = entries.filter((_, index) => index !== at);
  if (random.chance(0.1)) return Object.fromEntries(left);
  if (random.chance(0.1)) return Object.fromEntries([...left, [random.pick(['__proto__', 'toString', 'x', name.toUpperCase()]), member]]);
  return Object.fromEntries([...left, [name, once(random, member)]]);
}

/** A text with a few characters wrong. */
export function garbled(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const piece = random.pick(['\u0000', '"', '\n', ': ', '<', '&', '%', '{', '*', '\ud800', '-', ',', '\t', '🙂', ']]>', '9'.repeat(40)]);
  return `${text.slice(0, at)}${random.chance(0.7) ? piece : ''}${text.slice(at + random.below(4))}`;
}
