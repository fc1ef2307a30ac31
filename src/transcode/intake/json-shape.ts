import { isFailed } from '../../api/failure.ts';
import { names } from '../json/names.ts';
import { END, JsonReader } from '../json/reader.ts';
import { More, Rejected } from '../json/tokens.ts';
import type { Window } from '../kernel.ts';
import { documentNames, RESOURCE, SCHEMA_URL, WRAPPER } from '../otlp/envelope-names.ts';

/** `nothing`: there is no name to tell by. */
export type JsonShape = { readonly is: 'OTLP' | 'Monocle' | 'nothing' | 'other'; readonly fields: readonly string[] };

/** Names that only a Monocle span or a wrapper around such spans has. */
const telling = names({
  context: 1,
  trace_id: 1,
  span_id: 1,
  span_name: 1,
  parent_id: 1,
  start_time: 1,
  end_time: 1,
  batch: 2,
  spans: 2,
});

const NONE = names({});

const FIELDS = 5;

/** Tells by the names of its first object what a JSON file is. An empty object or array tells nothing. */
export function jsonShape(window: Window, at: number): JsonShape {
  const reader = new JsonReader(window, { warn: () => {} });
  reader.point(at);
  const seen = { fields: [] as string[], weak: false };
  try {
    return firstObject(reader, seen);
  } catch (thrown) {
    if (thrown !== More && !(thrown instanceof Rejected) && !isFailed(thrown)) throw thrown;
    return weighed(seen);
  }
}

function firstObject(reader: JsonReader, seen: { fields: string[]; weak: boolean }): JsonShape {
  while (reader.peek() === 0x5b) {
    reader.at++;
    if (reader.peek() === 0x5d) return { is: 'nothing', fields: [] };
  }
  if (reader.peek() !== 0x7b) return { is: 'other', fields: [] };
  reader.object('an object');
  while (reader.field(NONE, true) !== END) {
    const { text, from, to } = reader;
    const code = documentNames.code(text, from, to);
    const told = telling.code(text, from, to);
    const name = JSON.stringify(reader.value.slice(0, 40));
    const opens = reader.peek() === 0x7b || reader.peek() === 0x5b;
    if (code === RESOURCE || code === SCHEMA_URL) seen.weak = true;
    else if (code === WRAPPER ? opens : code > 0) return { is: 'OTLP', fields: [] };
    else if (told === 1 || (told === 2 && opens)) return { is: 'Monocle', fields: [] };
    if (seen.fields.length < FIELDS) seen.fields.push(name);
    reader.skip();
  }
  return weighed(seen);
}

const weighed = ({ weak, fields }: { readonly fields: readonly string[]; readonly weak: boolean }): JsonShape => ({
  is: weak ? 'OTLP' : fields.length === 0 ? 'nothing' : 'other',
  fields,
});
