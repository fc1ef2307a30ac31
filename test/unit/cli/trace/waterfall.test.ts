import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { width } from '../../../../src/cli/terminal/width.ts';
import { type ViewOptions, view } from '../../../../src/cli/view.ts';
import { captured, type World } from '../../../support/cli/io.ts';

const fixtures = new URL('../../../fixtures/', import.meta.url);
const options: ViewOptions = { format: 'Auto', full: false, limit: 20 };

async function screen(file: string, columns: number, more: Partial<ViewOptions> = {}, world: World = {}): Promise<string> {
  const { io, out } = captured({ env: { COLUMNS: String(columns) }, ...world });
  expect(await view(new URL(`views/${file}`, fixtures).pathname, { ...options, ...more }, io)).toBe(0);
  return out();
}

const files = ['langgraph-agent.json', 'monocle-supervisor.ndjson', 'hostile.json'];
const screens = files.flatMap((file) => [80, 140].map((columns) => [file, columns] as const));

describe('a waterfall', () => {
  test.each(screens)('of %s at %d columns', async (file, columns) => {
    await expect(await screen(file, columns)).toMatchFileSnapshot(new URL(`screens/${file}.${columns}.txt`, fixtures).pathname);
  });

  test.each(files)('of %s in full', async (file) => {
    await expect(await screen(file, 100, { full: true })).toMatchFileSnapshot(new URL(`screens/${file}.full.txt`, fixtures).pathname);
  });

  test.each(files)('of %s fits every width', async (file) => {
    for (const columns of [20, 33, 49, 50, 64, 99, 200]) {
      for (const line of (await screen(file, columns)).split('\n')) expect(width(line), line).toBeLessThanOrEqual(columns);
    }
  });

  test.each([false, true])('holds nothing that a terminal would obey (in full: %s)', async (full) => {
    expect(await screen('hostile.json', 80, { full })).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
  });

  test('has colours on a terminal, and none with NO_COLOR or a dumb one', async () => {
    const terminal = { terminal: true, columns: 80 };
    const coloured = await screen('langgraph-agent.json', 80, {}, { ...terminal, env: {} });
    const plain = await screen('langgraph-agent.json', 80);
    expect(coloured).toContain('\x1b[31m');
    expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(plain);
    expect(await screen('langgraph-agent.json', 80, {}, { ...terminal, env: { NO_COLOR: '1' } })).toBe(plain);
    expect(await screen('langgraph-agent.json', 80, {}, { ...terminal, env: { TERM: 'dumb' } })).toBe(plain);
  });
});

describe('of a file with many traces', () => {
  const trace = (i: number) => ({
    traceId: i.toString(16).padStart(32, 'a'),
    spanId: i.toString(16).padStart(16, 'b'),
    name: `run ${i}`,
    startTimeUnixNano: String(1_763_546_400_000_000_000n + BigInt(i) * 1_000_000_000n),
    endTimeUnixNano: String(1_763_546_400_500_000_000n + BigInt(i) * 1_000_000_000n),
  });
  const many = () =>
    (async function* () {
      // The newest first: order in the file is not order in time.
      for (let i = 29; i >= 0; i--) yield Buffer.from(`${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [trace(i)] }] }] })}\n`);
    })();

  test('the newest ones are shown, the newest last, and the others counted', async () => {
    const { io, out } = captured({ stdin: many() });
    await view('-', { ...options, limit: 3 }, io);
    expect(out()).toMatch(/^27 older traces are not shown: --limit N shows more, --trace ID one of them\n/);
    expect([...out().matchAll(/^run \d+/gm)].map(([name]) => name)).toEqual(['run 27', 'run 28', 'run 29']);
  });

  test('one is found by the beginning of its id', async () => {
    const { io, out } = captured({ stdin: many() });
    await view('-', { ...options, trace: trace(7).traceId.toUpperCase() }, io);
    expect([...out().matchAll(/^run \d+/gm)].map(([name]) => name)).toEqual(['run 7']);
  });

  test('an id that is not there is said', async () => {
    const { io, err } = captured({ stdin: many() });
    expect(await view('-', { ...options, trace: 'cafe' }, io)).toBe(1);
    expect(err()).toBe('spanferry: standard input: none of its 30 traces has an id that begins with cafe\n');
  });

  test('programs get every trace as a line', async () => {
    const { io, out } = captured({ stdin: many() });
    await view('-', { ...options, output: 'json' }, io);
    const lines = out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(30);
    expect(lines[0]).toEqual({
      traceId: trace(0).traceId,
      startTime: '2025-11-19T10:00:00.000000000Z',
      durationMs: 500,
      spans: [
        {
          spanId: trace(0).spanId,
          parentSpanId: null,
          depth: 0,
          name: 'run 0',
          service: '',
          kind: 'UNSPECIFIED',
          startTime: '2025-11-19T10:00:00.000000000Z',
          durationMs: 500,
          status: 'UNSET',
        },
      ],
    });
  });
});

test('what a span says of GenAI is there for programs as well', async () => {
  const { io, out } = captured();
  await view(new URL('views/langgraph-agent.json', fixtures).pathname, { ...options, output: 'json' }, io);
  const { spans } = JSON.parse(out());
  expect(spans[2]).toMatchObject({
    name: 'chat gpt-4o',
    depth: 2,
    genAi: { model: 'gpt-4o-2024-08-06', inputTokens: 1204, outputTokens: 41 },
  });
  expect(readFileSync(new URL('views/langgraph-agent.json', fixtures), 'utf8')).toContain('gpt-4o-2024-08-06');
});
