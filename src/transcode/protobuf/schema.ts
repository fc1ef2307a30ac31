/** What must be looked at inside messages that are otherwise passed on byte for byte. */
type Content = 'string' | 'trace id' | 'span id' | 'parent span id' | 'trace id of a link' | 'span id of a link' | Schema;

export type Schema = ReadonlyMap<number, Content>;

/** Wire types of known fields; a field of another type is broken. */
export const LEN = 2;

const pair: Map<number, Content> = new Map();
const list: Map<number, Content> = new Map();
const pairs: Map<number, Content> = new Map();

/** AnyValue. Bytes (7) may be anything. */
const value: Schema = new Map<number, Content>([
  [1, 'string'],
  [5, list],
  [6, pairs],
]);
pair.set(1, 'string').set(2, value);
list.set(1, value);
pairs.set(1, pair);

const event: Schema = new Map<number, Content>([
  [2, 'string'],
  [3, pair],
]);
const link: Schema = new Map<number, Content>([
  [1, 'trace id of a link'],
  [2, 'span id of a link'],
  [3, 'string'],
  [4, pair],
]);
const status: Schema = new Map<number, Content>([[2, 'string']]);
const entity: Schema = new Map<number, Content>([
  [1, 'string'],
  [2, 'string'],
  [3, 'string'],
  [4, 'string'],
]);

export const spanSchema: Schema = new Map<number, Content>([
  [1, 'trace id'],
  [2, 'span id'],
  [3, 'string'],
  [4, 'parent span id'],
  [5, 'string'],
  [9, pair],
  [11, event],
  [13, link],
  [15, status],
]);

export const resourceSchema: Schema = new Map<number, Content>([
  [1, pair],
  [3, entity],
]);

export const scopeSchema: Schema = new Map<number, Content>([
  [1, 'string'],
  [2, 'string'],
  [3, pair],
]);
