import { closeSync, existsSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Server, server } from '../../test/support/process.ts';
import type { SpanId } from './sample/spans.ts';

/** A real OpenTelemetry Collector, and what has arrived at it. */
export type Collector = Server & {
  readonly endpoint: string;
  /** Every span so far. Reads on where it stopped. */
  readonly arrived: () => ReadonlyMap<SpanId, Arrival>;
};

export type Arrival = { readonly service: string; readonly times: number };

/** Prepares a collector in `folder` that writes what it receives to a file there. */
export async function collector(program: string, folder: string): Promise<Collector> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const [settings, written] = [join(folder, 'collector.yaml'), join(folder, 'arrived.jsonl')];
  writeFileSync(settings, JSON.stringify(configuration(port, written), undefined, 2));
  const running = server('the collector', program, ['--config', settings], async () => {
    const answer = await fetch(`${endpoint}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    return answer.ok;
  });
  return { ...running, endpoint, arrived: reader(written) };
}

/** JSON is YAML. */
const configuration = (port: number, written: string) => ({
  receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
  exporters: { debug: { verbosity: 'basic' }, file: { path: written, flush_interval: '100ms' } },
  service: {
    telemetry: { metrics: { level: 'none' } },
    pipelines: { traces: { receivers: ['otlp'], exporters: ['debug', 'file'] } },
  },
});

type Resource = { readonly attributes?: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[] };

type Line = {
  readonly resourceSpans?: readonly {
    readonly resource?: Resource;
    readonly scopeSpans?: readonly { readonly spans?: readonly { readonly traceId: string; readonly spanId: string }[] }[];
  }[];
};

function reader(path: string): Collector['arrived'] {
  const arrived = new Map<SpanId, Arrival>();
  const chunk = Buffer.alloc(1024 * 1024);
  let position = 0;
  let rest = '';
  return () => {
    if (!existsSync(path)) return arrived;
    const file = openSync(path, 'r');
    for (let read = readSync(file, chunk, 0, chunk.length, position); read > 0; read = readSync(file, chunk, 0, chunk.length, position)) {
      position += read;
      // Ids are ASCII; what a cut does to other letters does not matter here.
      const lines = (rest + chunk.toString('latin1', 0, read)).split('\n');
      rest = lines.pop() ?? '';
      for (const { id, service } of lines.flatMap(spansOf)) arrived.set(id, { service, times: (arrived.get(id)?.times ?? 0) + 1 });
    }
    closeSync(file);
    return arrived;
  };
}

function spansOf(line: string): readonly { readonly id: SpanId; readonly service: string }[] {
  const { resourceSpans = [] } = JSON.parse(line) as Line;
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = resource?.attributes?.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    const spans = scopeSpans.flatMap(({ spans = [] }) => spans);
    return spans.map(({ traceId, spanId }) => ({ id: `${traceId}:${spanId}` as const, service }));
  });
}
