import { describe, expect, test } from 'vitest';
import { plainEngine } from '../../../src/transcode/engine.ts';
import { transcode, transcoder } from '../../../src/transcode/transcode.ts';
import { fieldOf } from '../../../src/transcode/wire/writer.ts';
import { type Random, random, seedOf } from '../../support/random.ts';
import { requestType, spansOf } from '../../support/traces/decode.ts';
import { feed } from '../../support/traces/feed.ts';

/** Headers may stand before what they belong to, in its middle, behind it, or nowhere, and be of any size. Every batch carries them. */

type Place = 'before' | 'between' | 'behind' | 'nowhere';
type Header = { readonly text: string; readonly at: Place };
type Span = { readonly id: number; readonly name: string };
type Scope = { readonly head: Header; readonly url: Header; readonly spans: readonly Span[] };
type Group = { readonly head: Header; readonly url: Header; readonly scopes: readonly Scope[] };

function groupsOf({ int, pick }: Random, limit: number): Group[] {
  let id = 0;
  const length = () => pick([3, 3, 3, 30, 30, 200, limit / 8, limit / 3, limit / 2, limit].map(Math.floor));
  const header = (lengths: () => number): Header => ({
    text: 'h'.repeat(lengths()),
    at: pick<Place>(['before', 'between', 'behind', 'nowhere']),
  });
  const list = <T>(most: number, make: () => T): T[] => Array.from({ length: int(most) }, make);
  return list(4, () => ({
    head: header(length),
    url: header(() => int(80)),
    scopes: list(5, () => ({
      head: header(length),
      url: header(() => int(80)),
      spans: list(25, () => ({ id: ++id, name: 's'.repeat(length()) })),
    })),
  }));
}

/** The parts of a message with a header in its place; `halves` are the parts around its middle. */
const placed = <T>({ at }: Header, header: T, halves: readonly [T[], T[]]): [T[], T[]] => [
  [...(at === 'before' ? [header] : []), ...halves[0]],
  [...(at === 'between' ? [header] : []), ...halves[1], ...(at === 'behind' ? [header] : [])],
];
const halvesOf = <T>(all: readonly T[]): [T[], T[]] => [all.slice(0, all.length >> 1), all.slice(all.length >> 1)];
const hex = (id: number, digits: number) => id.toString(16).padStart(digits, '0');

function json(groups: readonly Group[]): string {
  const span = ({ id, name }: Span) => `{"traceId":"${hex(id, 32)}","spanId":"${hex(id, 16)}","name":"${name}"}`;
  const scope = ({ head, url, spans }: Scope) => {
    const [some, others] = halvesOf(spans.map(span));
    const headed = placed(head, `"scope":{"name":"${head.text}"}`, [[`"spans":[${some}]`], [`"spans":[${others}]`]]);
    return `{${placed(url, `"schemaUrl":"${url.text}"`, headed).flat()}}`;
  };
  const group = ({ head, url, scopes }: Group) => {
    const resource = `"resource":{"attributes":[{"key":"k","value":{"stringValue":"${head.text}"}}]}`;
    const [some, others] = halvesOf(scopes.map(scope));
    const headed = placed(head, resource, [[`"scopeSpans":[${some}]`], [`"scopeSpans":[${others}]`]]);
    return `{${placed(url, `"schemaUrl":"${url.text}"`, headed).flat()}}`;
  };
  return groups.map((each) => `{"resourceSpans":[${group(each)}]}`).join('\n');
}

function protobuf(groups: readonly Group[]): Uint8Array {
  const field = (number: number, ...content: Uint8Array[]) => fieldOf((number << 3) | 2, Buffer.concat(content));
  const span = ({ id, name }: Span) =>
    field(2, field(1, Buffer.from(hex(id, 32), 'hex')), field(2, Buffer.from(hex(id, 16), 'hex')), field(5, Buffer.from(name)));
  const message = (head: Header, content: Uint8Array, url: Header, items: readonly Uint8Array[]) =>
    Buffer.concat(placed(url, field(3, Buffer.from(url.text)), placed(head, field(1, content), halvesOf(items))).flat());
  const scope = ({ head, url, spans }: Scope) => field(2, message(head, field(1, Buffer.from(head.text)), url, spans.map(span)));
  return Buffer.concat(
    groups.map(({ head, url, scopes }) => {
      const attribute = field(1, field(1, Buffer.from('k')), field(2, field(1, Buffer.from(head.text))));
      return field(1, message(head, attribute, url, scopes.map(scope)));
    }),
  );
}

/** Each span alone in a request with all its headers, if it fits. */
function alone(groups: readonly Group[], limit: number): Uint8Array[] {
  const is = ({ at }: Header) => at !== 'nowhere';
  return groups
    .flatMap((group) =>
      group.scopes.flatMap((scope) =>
        scope.spans.map(({ id, name }) => {
          const span = { traceId: Buffer.from(hex(id, 32), 'hex'), spanId: Buffer.from(hex(id, 16), 'hex'), name };
          const inner = {
            ...(is(scope.head) ? { scope: { name: scope.head.text } } : {}),
            ...(is(scope.url) ? { schemaUrl: scope.url.text } : {}),
          };
          const resource = { attributes: [{ key: 'k', value: { stringValue: group.head.text } }] };
          const outer = { ...(is(group.head) ? { resource } : {}), ...(is(group.url) ? { schemaUrl: group.url.text } : {}) };
          return requestType.encode({ resourceSpans: [{ ...outer, scopeSpans: [{ ...inner, spans: [span] }] }] }).finish();
        }),
      ),
    )
    .filter(({ length }) => length <= limit);
}

const seed = seedOf();

describe.each([
  ['JSON', json],
  ['protobuf', protobuf],
] as const)('headers anywhere in %s', (_format, encode) => {
  test.each([
    ['fast', transcode],
    ['plain', transcoder(plainEngine)],
  ] as const)(
    `are in every batch, of which none is too large, and nothing is lost, with the %s engine (seed ${seed})`,
    async (_which, run) => {
      const drawn = random(seed);
      for (let round = 0; round < 150; round++) {
        const maxBatchBytes = drawn.pick([300, 1_000, 3_000, 10_000]);
        const groups = groupsOf(drawn, maxBatchBytes);
        const { batches, failure } = await feed(encode(groups), { settings: { maxBatchBytes }, with: run });
        expect(failure?.reason ?? 'none', `round ${round}`).toMatch(/none|EmptyFile/);
        for (const { body } of batches) expect(body.length).toBeLessThanOrEqual(maxBatchBytes);
        expect(spansOf(batches.map(({ body }) => body)), `round ${round}`).toEqual(spansOf(alone(groups, maxBatchBytes)));
      }
    },
  );
});
