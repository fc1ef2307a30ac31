import { describe, expect, test } from 'vitest';
import { holding, upperHalves } from '../../../../src/stores/datadog/halves.ts';
import { type DatadogSpan, spansIn } from '../../../../src/stores/datadog/spans.ts';

const span = (trace_id: string, span_id: string, upper?: string): DatadogSpan =>
  spansIn([{ attributes: { trace_id, span_id, custom: upper === undefined ? {} : { _dd: { p: { tid: upper } } } } }]).spans[0]!;

const ids = (spans: readonly DatadogSpan[]): readonly string[] => spans.map(({ span_id }) => span_id);

const UPPER = '6564f0a200000000';

describe('spans whose trace id is not whole', () => {
  test('go on at once where any span of their page tells the rest', () => {
    const upper = upperHalves();
    expect(ids(holding(upper)([span('1', 'a'), span('1', 'b', UPPER)], false))).toEqual(['a', 'b']);
    expect(upper.get('1')).toBe(UPPER);
  });

  test('wait for a later page that tells it, and those of other traces do not wait with them', () => {
    const hold = holding(upperHalves());
    expect(ids(hold([span('1', 'a'), span('2', 'b', UPPER)], false))).toEqual(['b']);
    expect(ids(hold([span('3', 'c')], false))).toEqual([]);
    expect(ids(hold([span('1', 'd', UPPER)], false))).toEqual(['a', 'd']);
    expect(ids(hold([], true)), 'nobody tells of trace 3').toEqual(['c']);
  });

  test('wait no longer than the slice, and never more of them than a bound', () => {
    const hold = holding(upperHalves(), 2);
    expect(ids(hold([span('1', 'a'), span('1', 'b')], false))).toEqual([]);
    expect(ids(hold([span('1', 'c')], false))).toEqual(['a', 'b', 'c']);
    expect(ids(hold([span('1', 'd')], true))).toEqual(['d']);
  });

  test('do not wait where a slice before has told it, or where they say all of it themselves', () => {
    const upper = upperHalves();
    holding(upper)([span('1', 'a', UPPER)], true);
    const whole = span(`${UPPER}0000000000000001`, 'c');
    expect(ids(holding(upper)([span('1', 'b'), whole], false))).toEqual(['b', 'c']);
  });
});
