import { describe, expect, test } from 'vitest';
import { paintFor } from '../../../../src/cli/terminal/paint.ts';
import { collectTraces, openTrace } from '../../../../src/cli/trace/collect.ts';
import { waterfall } from '../../../../src/cli/trace/waterfall.ts';
import { defaultSettings, type Input } from '../../../../src/transcode/port.ts';
import { transcode } from '../../../../src/transcode/transcode.ts';
import { captured } from '../../../support/cli/io.ts';

const idOf = (trace: number): string => (trace + 1).toString(16).padStart(32, '0');

/** Traces of four spans each, whose spans take turns in the file; the later the trace, the earlier it comes. */
function interleaved(traces: number): Input {
  const span = (trace: number, i: number) => ({
    traceId: idOf(trace),
    spanId: (i + 1).toString(16).padStart(16, '0'),
    name: `${trace}.${i}`,
    startTimeUnixNano: String(1_763_546_400_000_000_000n + BigInt(trace * 1_000 + i)),
    endTimeUnixNano: String(1_763_546_400_000_000_000n + BigInt(trace * 1_000 + i + 10)),
    attributes: [{ key: 'gen_ai.prompt', value: { stringValue: 'x'.repeat(2_000) } }],
  });
  return {
    open: async function* () {
      for (let i = 0; i < 4; i++) {
        const spans = Array.from({ length: traces }, (_, at) => span(traces - 1 - at, i));
        yield Buffer.from(`${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })}\n`);
      }
    },
  };
}

const collect = (traces: number, mostBytes: number, trace?: string) =>
  collectTraces(transcode, interleaved(traces), defaultSettings, { mostBytes, ...(trace === undefined ? {} : { trace }) });

describe('the spans of a file', () => {
  test('are gathered by trace, the oldest first, however they are mixed', async () => {
    const { traces, letGo } = await collect(50, 10_000_000);
    expect(letGo).toBe(0);
    expect(traces.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, trace) => idOf(trace)));
    expect(openTrace(traces[7]!, false)).toMatchObject({
      start: 1_763_546_400_000_007_000n,
      end: 1_763_546_400_000_007_013n,
      spans: [{ name: '7.0' }, { name: '7.1' }, { name: '7.2' }, { name: '7.3' }],
    });
  });

  test('that do not fit into memory are those of the oldest traces; the newest are whole', async () => {
    const { summary, traces, letGo } = await collect(500, 1_000_000);
    const kept = traces.reduce((sum, { spans }) => sum + spans.length, 0);
    expect({ spans: summary.spans, traces: summary.traces, all: kept + letGo }).toEqual({ spans: 2_000, traces: 500, all: 2_000 });
    expect(kept).toBeGreaterThan(200);
    expect(traces.filter(({ spans, lost }) => spans.length !== 4 || lost > 0)).toEqual([]);
    expect(traces.slice(-40).map(({ id, spans }) => [id, spans.length])).toEqual(Array.from({ length: 40 }, (_, i) => [idOf(460 + i), 4]));
  });

  test('of the one trace that is wanted are kept alone', async () => {
    const { traces } = await collect(500, 1_000_000, idOf(3));
    expect(traces.map(({ id, spans }) => [id, spans.length])).toEqual([[idOf(3), 4]]);
  });

  test('of a single trace beyond memory lose those that came first', async () => {
    const { traces, letGo } = await collect(1, 5_000);
    expect(traces[0]!.spans.length + letGo).toBe(4);
    const trace = openTrace(traces[0]!, true);
    expect(trace.spans.at(-1)?.name).toBe('0.3');
    expect(trace).toMatchObject({ lost: letGo, start: 1_763_546_400_000_000_000n, end: 1_763_546_400_000_000_013n });
    const drawn = [...waterfall(trace, { columns: 100, paint: paintFor(captured().io.out, {}), full: false })];
    expect(drawn[1]).toMatch(new RegExp(`^${4 - letGo} of 4 spans`));
    expect(drawn.at(-1)).toBe(`${letGo} spans that came first in the file did not fit into memory`);
  });

  test('are shown with their texts cut, unless all of it is wanted', async () => {
    const [trace] = (await collect(1, 1_000_000)).traces;
    expect(openTrace(trace!, false).spans[0]?.genAi?.input[0]?.text.length).toBe(1_000);
    expect(openTrace(trace!, true).spans[0]?.genAi?.input[0]?.text.length).toBe(2_000);
  });
});
