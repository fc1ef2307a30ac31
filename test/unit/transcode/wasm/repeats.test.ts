import { describe, expect, test } from 'vitest';
import { plainEngine } from '../../../../src/transcode/engine.ts';
import { transcode, transcoder } from '../../../../src/transcode/transcode.ts';
import { spansOf } from '../../../support/traces/decode.ts';
import { feed, type Outcome } from '../../../support/traces/feed.ts';
import { span } from './driver.ts';

const lenient = transcoder(plainEngine);
const meaning = ({ summary, failure, batches }: Outcome) => ({ summary, failure, spans: spansOf(batches.map(({ body }) => body)) });

const line = (service: string, spans: readonly object[], more: object = {}) =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [{ scope: { name: 'openai' }, spans, schemaUrl: 'https://opentelemetry.io/schemas/1.34.0' }],
      },
    ],
    ...more,
  });

const many = (count: number, make: (index: number) => string) => Array.from({ length: count }, (_, i) => make(i)).join('\n');
const one = (index: number) => span({ spanId: (index + 1).toString(16).padStart(16, '0'), startTimeUnixNano: `${1_000_000 + index}` });

/** Files of many small documents, whose walk is left out where they repeat. */
const files: readonly [sentence: string, text: string][] = [
  ['all of one kind', many(200, (i) => line('checkout', [one(i), one(i + 1)]))],
  ['a service that changes now and then', many(200, (i) => line(i % 7 === 0 ? 'cart' : 'checkout', [one(i)]))],
  ['documents without spans between', many(100, (i) => line('checkout', i % 3 === 0 ? [] : [one(i)]))],
  ['spans with snake_case', many(100, (i) => line('checkout', [one(i), { ...one(i), trace_state: 'a=b' }]))],
  [
    'spans that are rejected',
    many(100, (i) => line('checkout', [one(i), { ...one(i), ...(i % 2 === 0 ? { traceId: '0'.repeat(32) } : {}) }])),
  ],
  ['logs beside the spans', many(100, (i) => line('checkout', [one(i)], { resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] }))],
  ['an end that is cut off', many(50, (i) => line('checkout', [one(i)])).slice(0, -20)],
  ['a broken document', `${many(50, (i) => line('checkout', [one(i)]))}\n${line('checkout', [one(1)]).replace(']}],', ']]],')}`],
  ['an impossible id at the end', `${many(50, (i) => line('checkout', [one(i)]))}\n${line('checkout', [{ ...one(1), spanId: 'abc' }])}`],
  ['two documents on a line', many(60, (i) => line('checkout', [one(i)]) + line('checkout', [one(i + 1)]))],
];

describe('documents that repeat mean what they mean alone', () => {
  test.each(files)('%s', async (_sentence, text) => {
    for (const chunk of [1_000, 65_536]) {
      for (const maxBatchBytes of [3_000, 4_194_304]) {
        const feeding = { chunk, settings: { maxBatchBytes } };
        expect(meaning(await feed(text, { ...feeding, with: transcode }))).toEqual(
          meaning(await feed(text, { ...feeding, with: lenient })),
        );
      }
    }
  });
});
