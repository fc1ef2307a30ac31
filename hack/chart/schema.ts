import { parse } from 'yaml';

type Json = { readonly [name: string]: unknown };

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((found, step) => (isObject(found) || Array.isArray(found) ? Reflect.get(found, step) : undefined), value);

/** The schema of `sources[].spec`: that of the CRD, except that Helm must refuse what the API server would drop without a word. */
function sourceSpecSchema(crd: string): unknown {
  return strict(at(parse(crd), 'spec', 'versions', 0, 'schema', 'openAPIV3Schema', 'properties', 'spec'));
}

function strict(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const { properties, items } = schema;
  // Rules in CEL are the API server's; descriptions would only make the chart heavy; formats of integers mean nothing here.
  const kept = Object.entries(schema).filter(([name]) => !name.startsWith('x-') && name !== 'description' && name !== 'format');
  return {
    ...Object.fromEntries(kept),
    ...(isObject(properties) && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, strict(member)])),
      additionalProperties: false,
    }),
    ...(items !== undefined && { items: strict(items) }),
  };
}

/** values.schema.json with the schema of a source's spec brought up to date; all else in it is written by hand. */
export function schemaText(schema: string, crd: string): string {
  const whole = JSON.parse(schema) as Json & { $defs: Json };
  return `${JSON.stringify({ ...whole, $defs: { ...whole.$defs, sourceSpec: sourceSpecSchema(crd) } }, undefined, 2)}\n`;
}
