/** A part of a structural schema. */
export type Schema = { readonly [keyword: string]: unknown };

/** Thrown where a schema cannot become a CRD: the place, and what is wrong. */
export class Refused extends Error {
  constructor(path: string, why: string) {
    super(`${path}: ${why}`);
    this.name = 'Refused';
  }
}

type Check = (schema: Schema, path: string) => string | undefined;

const has = (schema: Schema, ...keywords: readonly string[]): string | undefined => keywords.find((keyword) => keyword in schema);

const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What no schema of ours may say, and what each must. Read from top to bottom: the first complaint wins. */
const checks: readonly Check[] = [
  (it) => has(it, '$ref', 'definitions', '$defs') && 'a CRD has no references: inline it, and leave out meta({id}) and recursion',
  (it) => has(it, 'oneOf', 'anyOf', 'allOf', 'not') && 'a union is not structural: use one object with optional members and a rule',
  (it) => (has(it, 'nullable') ? 'null means absent in Kubernetes: use exactOptional()' : undefined),
  (it) => (typeof it.type === 'string' ? undefined : 'every value needs a type: z.unknown() and z.any() have none'),
  (it) => {
    const pattern = it.pattern;
    return typeof pattern === 'string' && /\(\?(?:=|!|<)|\\[1-9k]/.test(pattern)
      ? `the pattern ${pattern} has lookaround or a backreference, which Go's RE2 cannot read`
      : undefined;
  },
  (it) => (it.type === 'string' && !('enum' in it) && !('maxLength' in it) ? 'a string needs a maximum: max()' : undefined),
  (it) => (it.type === 'array' && !('maxItems' in it) ? 'a list needs a maximum: max()' : undefined),
  (it) => (isMap(it) && !('maxProperties' in it) ? 'a map needs a maximum: meta({maxProperties})' : undefined),
  (it) => (it.type === 'array' && isConditions(it) && !isMapByType(it) ? 'conditions are a list of type map with the key type' : undefined),
];

const isMap = (it: Schema): boolean => isObject(it.additionalProperties) && !('properties' in it);

const isConditions = ({ items }: Schema): boolean =>
  isObject(items) && isObject(items.properties) && 'lastTransitionTime' in items.properties;

const isMapByType = (it: Schema): boolean =>
  it['x-kubernetes-list-type'] === 'map' && JSON.stringify(it['x-kubernetes-list-map-keys']) === '["type"]';

/** Checks a schema and all below it, and returns it as the API server wants it. */
export function readSchema(schema: unknown, path: string): Schema {
  if (!isObject(schema)) throw new Refused(path, 'this is not a schema');
  for (const check of checks) {
    const complaint = check(schema, path);
    if (complaint) throw new Refused(path, complaint);
  }
  const { properties, items, additionalProperties, description, type, ...rest } = schema;
  return {
    ...(description === undefined ? {} : { description }),
    type,
    ...(type === 'integer' ? { format: 'int64' } : {}),
    ...rest,
    ...(isObject(items) ? { items: readSchema(items, `${path}[]`) } : {}),
    ...(isObject(properties) ? { properties: members(properties, path) } : {}),
    ...openness(additionalProperties, properties, path),
  };
}

function members(properties: Schema, path: string): Schema {
  const read = Object.entries(properties).map(([name, member]): [string, Schema] => {
    const at = `${path}.${name}`;
    const schema = readSchema(member, at);
    if (typeof schema.description !== 'string' || schema.description === '') {
      throw new Refused(at, 'every field needs a description for kubectl explain: describe()');
    }
    return [name, schema];
  });
  return Object.fromEntries(read);
}

/** A strict object says so by pruning, which every CRD does; an object that keeps what it does not know says it in Kubernetes' way. */
function openness(additional: unknown, properties: unknown, path: string): Schema {
  if (additional === undefined || additional === false) return {};
  if (properties !== undefined) return { 'x-kubernetes-preserve-unknown-fields': true };
  return { additionalProperties: readSchema(additional, `${path}{}`) };
}
