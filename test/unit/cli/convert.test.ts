import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { convert } from '../../../src/cli/convert.ts';
import { captured } from '../../support/cli/io.ts';
import { decodeRequest } from '../../support/traces/decode.ts';

const folder = new URL('../../fixtures/traces/', import.meta.url).pathname;

type Golden = {
  readonly summary?: { readonly rejectedSpans: number };
  readonly requests: readonly { readonly resourceSpans?: readonly unknown[] }[];
};

/** Every file of the fixtures, with what an independent decoder reads from the transcoder's batches. */
const goldens = readdirSync(folder)
  .filter((name) => name.endsWith('.expected.json'))
  .map((name): [string, Golden] => [name.replace('.expected.json', ''), JSON.parse(readFileSync(folder + name, 'utf8'))]);

const resourceSpansOf = ({ requests }: Golden): readonly unknown[] => requests.flatMap(({ resourceSpans = [] }) => resourceSpans);

async function converted(name: string, to: 'protobuf' | 'json') {
  const { io, out, bytes, err } = captured();
  return { code: await convert(folder + name, { format: 'Auto', to }, io), out: out(), bytes: bytes(), err: err() };
}

/** The golden files show bytes in hex, where OTLP JSON has base64. */
const inHex = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, each) => (key === 'bytesValue' ? Buffer.from(each, 'base64').toString('hex') : each));

const readable = goldens.filter(([, { summary }]) => summary);
const unreadable = goldens.filter(([, { summary }]) => !summary).map(([name]) => name);

describe('a file that can be read to its end', () => {
  test.each(readable)('%s is one request', async (name, golden) => {
    const { code, bytes } = await converted(name, 'protobuf');
    expect(code).toBe(0);
    expect(JSON.parse(JSON.stringify(decodeRequest(bytes))).resourceSpans ?? []).toEqual(resourceSpansOf(golden));
  });

  test.each(readable)('%s is one document of canonical OTLP JSON', async (name, golden) => {
    const { code, out } = await converted(name, 'json');
    expect(code).toBe(0);
    expect(inHex(JSON.parse(out).resourceSpans)).toEqual(resourceSpansOf(golden));
  });

  test.each(readable.filter(([, { summary }]) => summary?.rejectedSpans))('%s says what was left out', async (name, { summary }) => {
    expect((await converted(name, 'protobuf')).err).toMatch(
      new RegExp(`: ${summary?.rejectedSpans} spans? (was|were) left out; the first: `),
    );
  });
});

test.each(unreadable)('of %s nothing is written, and a sentence says why', async (name) => {
  const { code, bytes, err } = await converted(name, 'protobuf');
  expect({ code, written: bytes.length }).toEqual({ code: 1, written: 0 });
  expect(err).toMatch(/^spanferry: [^\n]+\n$/);
});

describe('a file of many batches', () => {
  const spans = 3_000;
  const large = () =>
    (async function* () {
      for (let i = 0; i < spans / 100; i++) {
        const some = Array.from({ length: 100 }, (_, j) => ({
          traceId: (i + 1).toString(16).padStart(32, '0'),
          spanId: (j + 1).toString(16).padStart(16, '0'),
          name: `step ${i * 100 + j}`,
          attributes: [{ key: 'gen_ai.prompt', value: { stringValue: `${'Say "hi" to 東京. '.repeat(90)}` } }],
        }));
        yield Buffer.from(`${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: some }] }] })}\n`);
      }
    })();
  const names = Array.from({ length: spans }, (_, i) => `step ${i}`);

  type Request = {
    readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string }[] }[] }[];
  };
  const namesOf = ({ resourceSpans }: Request) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans.map(({ name }) => name)));

  test.each(['protobuf', 'json'] as const)('is one request as well, in %s', async (to) => {
    const { io, bytes } = captured({ stdin: large() });
    expect(await convert('-', { format: 'Auto', to }, io)).toBe(0);
    expect(bytes().length).toBeGreaterThan(4 * 1024 * 1024);
    const request = to === 'json' ? JSON.parse(bytes().toString()) : JSON.parse(JSON.stringify(decodeRequest(bytes())));
    expect(namesOf(request)).toEqual(names);
  });

  test('that breaks at its end is not written at all', async () => {
    const broken = async function* () {
      yield* large();
      yield Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"abc"');
    };
    const { io, bytes, err } = captured({ stdin: broken() });
    expect(await convert('-', { format: 'Auto', to: 'protobuf' }, io)).toBe(1);
    expect(bytes().length).toBe(0);
    expect(err()).toMatch(/^spanferry: standard input: .*\n$/);
  });
});
