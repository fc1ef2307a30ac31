import { names, spellings } from '../json/names.ts';
import { END, type JsonReader } from '../json/reader.ts';
import type { Writer } from '../wire/writer.ts';
import { putString, putUint32, readString } from './scalars.ts';
import { putAttributes } from './value.ts';

const resourceNames = names(
  { ...spellings('attributes', 1), ...spellings('droppedAttributesCount', 2), ...spellings('entityRefs', 3) },
  [1, 3],
);

/** Reads a Resource and writes the fields of its message. */
export function putResource(r: JsonReader, w: Writer): void {
  let seen = 0;
  r.object('resource');
  for (let code = r.field(resourceNames); code !== END; code = r.field(resourceNames)) {
    seen = r.once(seen, code, resourceNames);
    if (code === 1) putAttributes(r, w, 0x0a, 'the attributes of the resource');
    else if (code === 2) putUint32(r, w, 0x10, 'droppedAttributesCount');
    else if (code === 3) {
      r.array('entityRefs');
      while (r.element('entityRefs')) putEntity(r, w);
    } else r.skip();
  }
}

const entityNames = names(
  { ...spellings('schemaUrl', 1), ...spellings('type', 2), ...spellings('idKeys', 3), ...spellings('descriptionKeys', 4) },
  [3, 4],
);

function putEntity(r: JsonReader, w: Writer): void {
  const mark = w.open(0x1a);
  let seen = 0;
  r.object('an entity');
  for (let code = r.field(entityNames); code !== END; code = r.field(entityNames)) {
    seen = r.once(seen, code, entityNames);
    if (code === 1) putString(r, w, 0x0a, 'the schemaUrl of an entity');
    else if (code === 2) putString(r, w, 0x12, 'the type of an entity');
    else if (code === 3) putStrings(r, w, 0x1a, 'idKeys');
    else if (code === 4) putStrings(r, w, 0x22, 'descriptionKeys');
    else r.skip();
  }
  w.close(mark);
}

function putStrings(r: JsonReader, w: Writer, tag: number, what: string): void {
  r.array(what);
  while (r.element(what)) {
    readString(r, what);
    w.field(tag, r.text, r.from, r.to);
  }
}

const scopeNames = names(
  {
    ...spellings('name', 1),
    ...spellings('version', 2),
    ...spellings('attributes', 3),
    ...spellings('droppedAttributesCount', 4),
  },
  [3],
);

/** Reads an InstrumentationScope and writes the fields of its message. */
export function putScope(r: JsonReader, w: Writer): void {
  let seen = 0;
  r.object('scope');
  for (let code = r.field(scopeNames); code !== END; code = r.field(scopeNames)) {
    seen = r.once(seen, code, scopeNames);
    if (code === 1) putString(r, w, 0x0a, 'the name of the scope');
    else if (code === 2) putString(r, w, 0x12, 'the version of the scope');
    else if (code === 3) putAttributes(r, w, 0x1a, 'the attributes of the scope');
    else if (code === 4) putUint32(r, w, 0x20, 'droppedAttributesCount');
    else r.skip();
  }
}
