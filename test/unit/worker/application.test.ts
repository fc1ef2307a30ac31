import { expect, test } from 'vitest';
import { parseFile } from '../../../src/api/parse.ts';
import { hasSpanType } from '../../../src/worker/application.ts';
import { aRecord } from '../../support/records.ts';
import { filesOf, workerWorld } from '../../support/worker-world.ts';

const key = (name: string) => Buffer.from([0x0a, name.length, ...Buffer.from(name)]);

test('a span type is known by the key of its attribute, wherever it stands, and not by a text that holds the word', () => {
  const padding = Buffer.alloc(1_000, 'x');
  expect(hasSpanType(Buffer.concat([padding, key('fiddler.span.type'), padding]))).toBe(true);
  expect(hasSpanType(Buffer.concat([padding, key('fiddler.span.types'), padding]))).toBe(false);
  expect(hasSpanType(Buffer.from('set fiddler.span.type please'))).toBe(false);
  expect(hasSpanType(Buffer.concat([key('fiddler.span.type'), padding]).subarray(1))).toBe(false);
});

const warningsOf = async (spec: object, bodies: readonly Uint8Array[]) => {
  const transcode: ReturnType<typeof filesOf> = async (input, settings, take, signal) => {
    for (const [index, body] of bodies.entries()) await take({ index, body, spans: 1 });
    return { ...(await filesOf(0)(input, settings, take, signal)), applicationIds: ['app'] };
  };
  const world = workerWorld({ transcode });
  world.edit(spec);
  const stop = new AbortController();
  void world.worker.run(stop.signal);
  world.put(aRecord({}, {}, { name: 'a' }));
  await world.clock.advance(100);
  stop.abort();
  const record = world.stored.get('a');
  expect(parseFile(record).ok).toBe(true);
  return record?.status.warnings?.map(({ message }) => message);
};

const none = new Uint8Array(8);

test.each([
  [
    'a source with application ids, where no span has a type',
    { applicationIds: ['app'] },
    [none],
    ['no span has the attribute fiddler.span.type'],
  ],
  ['not where a later batch has one', { applicationIds: ['app'] }, [none, key('fiddler.span.type')], []],
  ['not where the source has no application ids', {}, [none], []],
])('a warning for %s', async (_what, spec, bodies, expected) => {
  expect(await warningsOf(spec, bodies)).toEqual(expected);
});
