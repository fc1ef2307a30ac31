import { names, spellings } from '../json/names.ts';
import { END } from '../json/reader.ts';
import type { JsonWalker } from '../json/walker.ts';
import type { Walk } from '../walk.ts';

type Signal = { readonly what: string; readonly path: readonly string[] };

/** Passes over the logs, metrics or profiles of a file and counts their records. */
export function* passSignal(json: JsonWalker, signal: Signal, counts: Map<string, number>): Walk {
  const records = yield* countAlong(json, signal.path);
  counts.set(signal.what, (counts.get(signal.what) ?? 0) + records);
}

/** Elements of the array at hand, or of the arrays at the end of `path` below its elements. */
function* countAlong(json: JsonWalker, path: readonly string[]): Walk<number> {
  if ((yield* json.peek()) !== 0x5b) {
    yield* json.skip();
    return 0;
  }
  json.reader.at++;
  const [name, ...rest] = path;
  const table = name === undefined ? undefined : names(spellings(name, 1));
  let count = 0;
  for (let more = yield* json.element(true); more; more = yield* json.element(false)) {
    if (!table || (yield* json.peek()) !== 0x7b) {
      yield* json.skip();
      count += table ? 0 : 1;
      continue;
    }
    json.reader.at++;
    for (let code = yield* json.field(true, table); code !== END; code = yield* json.field(false, table)) {
      if (code === 1) count += yield* countAlong(json, rest);
      else yield* json.skip();
    }
  }
  return count;
}
