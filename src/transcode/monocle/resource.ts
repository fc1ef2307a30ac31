import type { JsonReader } from '../json/reader.ts';
import { bytesOf } from '../wire/utf8.ts';
import type { Writer } from '../wire/writer.ts';
import { putObject } from './attributes.ts';
import * as f from './fields.ts';
import { goTo, placesOf } from './places.ts';
import type { SpanFacts } from './span.ts';

/** `monocle_trace_{service}_{trace id}_{date}.json`, as the local file exporters name their files. */
const FILE_NAME = /monocle_trace_(.+)_[0-9a-f]{32}_/;

/** Writes the fields of a span's Resource, with a service name from wherever one is known; returns the schema URL. */
export function putMonocleResource(r: JsonReader, w: Writer, facts: SpanFacts, fileName: string | undefined): Uint8Array | undefined {
  let service: string | undefined;
  let url: Uint8Array | undefined;
  if (facts.resourceAt !== undefined) {
    r.at = facts.resourceAt;
    const places = placesOf(r, f.resourceNames, 'resource');
    if (goTo(r, places, 1)) {
      putObject(r, w, 0x0a, 'the attributes of the resource', (key, value) => {
        if (key === 'service.name') service = value;
      });
    }
    if (goTo(r, places, f.SCHEMA_URL) && r.peek() === 0x22) {
      r.string();
      url = r.text.slice(r.from, r.to);
    }
  }
  if (!service) putString(w, 'service.name', facts.workflow || FILE_NAME.exec(fileName ?? '')?.[1] || 'unknown_service');
  return url;
}

/** Writes the fields of the scope: Monocle itself. */
export function putMonocleScope(w: Writer, version: string | undefined): void {
  w.field(0x0a, bytesOf('monocle_apptrace'));
  if (version) w.field(0x12, bytesOf(version));
}

function putString(w: Writer, key: string, value: string): void {
  const mark = w.open(0x0a);
  w.field(0x0a, bytesOf(key));
  const inner = w.open(0x12);
  w.field(0x0a, bytesOf(value));
  w.close(inner);
  w.close(mark);
}
