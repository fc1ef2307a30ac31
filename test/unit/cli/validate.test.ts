import { describe, expect, test } from 'vitest';
import { validate } from '../../../src/cli/validate.ts';
import { captured } from '../../support/cli/io.ts';

const traces = new URL('../../fixtures/traces/', import.meta.url).pathname;

async function validated(files: readonly string[], output?: 'json') {
  const { io, out, err } = captured();
  const code = await validate(
    files.map((file) => (file.startsWith('/') || file === '-' ? file : traces + file)),
    { format: 'Auto', ...(output ? { output } : {}) },
    io,
  );
  expect(err()).toBe('');
  return { code, out: out().replaceAll(traces, '') };
}

const lines: readonly [file: string, code: number, said: string][] = [
  [
    'otlp-lines.json.gz',
    0,
    '✓ otlp-lines.json.gz: OTLP JSON lines, gzip · 4 spans · 1 trace · checkout · application 5f4dcc3b-5aa7-65d6-1d83-27deb882cf99 · 2018-12-13 14:51:00.000 UTC + 2.00 s · 4.3 kB\n',
  ],
  [
    'monocle-bad-spans.ndjson',
    1,
    `✗ monocle-bad-spans.ndjson: Monocle lines · 2 spans and 3 rejected · 1 trace · coffee_bot · 2025-02-28 16:51:13.265 UTC + 734 ms · 4.4 kB
    rejected: line 2: the start time is missing at offset 1047 (InvalidSpan)
    rejected: line 3: the trace id "jenkins-42" is not hex at offset 1810 (InvalidTraceId)
    rejected: line 4: the trace id is all zero at offset 2687 (InvalidTraceId)
    warning: an attribute that is null was dropped, 2 times, first at offset 563
`,
  ],
  ['empty-envelope.json', 0, '! empty-envelope.json: OTLP JSON · 0 spans · 0 traces · 2 B\n    warning: the file holds no spans\n'],
  [
    'short-trace-id.json',
    1,
    '✗ short-trace-id.json: the trace id has 16 characters at offset 404; accepted are 32 hex digits, or 16 bytes in base64 (InvalidTraceId). Correct the writer.\n',
  ],
  ['empty.json', 1, '✗ empty.json: the file has no bytes (EmptyFile). The writer has not finished it, or wrote nothing.\n'],
  ['nothing.json', 1, '✗ nothing.json: there is no such file\n'],
];

describe('row 31: a person reads', () => {
  test.each(lines)('of %s (exit %d)', async (file, code, said) => {
    expect(await validated([file])).toEqual({ code, out: said });
  });

  test('the sum of several files, of which one that is not fine makes the answer no', async () => {
    const { code, out } = await validated(['otlp-document.json', 'nothing.json', 'otlp-pretty.json']);
    expect(code).toBe(1);
    expect(out).toMatch(/\n3 files: 2 fine, 1 not; 4 spans\n$/);
  });
});

describe('a program reads', () => {
  test('one object for each file', async () => {
    const { code, out } = await validated(
      ['otlp-document.json', 'monocle-bad-spans.ndjson', 'short-trace-id.json', 'nothing.json'],
      'json',
    );
    expect(code).toBe(1);
    const objects = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(objects).toMatchObject([
      { file: 'otlp-document.json', format: 'OTLP JSON', spans: 2, rejectedSpans: 0, errors: [], warnings: [] },
      {
        file: 'monocle-bad-spans.ndjson',
        spans: 2,
        rejectedSpans: 3,
        errors: [{ reason: 'InvalidSpan', message: 'the start time is missing at offset 1047', offset: 886, line: 2 }, {}, {}],
        warnings: [{ message: 'an attribute that is null was dropped', count: 2, offset: 563 }],
      },
      { format: null, spans: 0, rejectedSpans: 0, errors: [{ reason: 'InvalidTraceId', offset: 404 }], warnings: [] },
      { errors: [{ reason: 'Unreadable', message: 'there is no such file', offset: null }] },
    ]);
  });
});

test('what a file says of itself cannot reach the terminal', async () => {
  const name = '\x1b]0;owned\x07pay\x1b[2Jments';
  const document = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: name } }] },
        scopeSpans: [{ spans: [{ traceId: '\x1b[31m', spanId: 'x' }] }],
      },
    ],
  };
  for (const text of [JSON.stringify(document), `\x1b[2J\x1b]0;owned\x07 no trace`]) {
    for (const output of [undefined, 'json'] as const) {
      const { io, out } = captured({
        stdin: (async function* () {
          yield Buffer.from(text);
        })(),
      });
      await validate(['-', `no\x1b[2Jfile`], { format: 'Auto', ...(output ? { output } : {}) }, io);
      expect(out()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
  }
});
