import type { Names } from '../json/names.ts';
import { END, type JsonReader } from '../json/reader.ts';

/** Where the values of an object stand, by the code of their names. The last one counts where a name appears twice. */
export type Places = ReadonlyMap<number, number>;

/** Notes the places of an object's fields, so that they can be read in the order of the output. The reader goes behind it. */
export function placesOf(r: JsonReader, names: Names, what: string): Places {
  const places = new Map<number, number>();
  r.object(what);
  for (let code = r.field(names); code !== END; code = r.field(names)) {
    if (code > 0) {
      if (places.has(code)) r.notes.warn('a field appears twice in an object; the last one counts', r.at);
      places.set(code, r.at);
    }
    r.skip();
  }
  return places;
}

/** Goes to a field; false where the object has none. */
export function goTo(r: JsonReader, places: Places, code: number): boolean {
  const at = places.get(code);
  if (at === undefined) return false;
  r.at = at;
  return true;
}
