import { type KindWithSchema, schemasOf } from './crd.ts';
import type { Schema } from './refuse.ts';

const begin = '<!-- Generated from src/api: fields and rules. -->';
const end = '<!-- End of what is generated. -->';

/** A spec page with its tables of fields and its list of rules made anew; the prose around them is left alone. */
export function pageText(page: string, kind: KindWithSchema): string {
  const [before, rest] = split(page, begin);
  const [, after] = split(rest, end);
  const { spec, status } = schemasOf(kind);
  const parts = [
    '## Fields of spec',
    table(spec, ''),
    ...(status ? ['## Fields of status', table(status, '')] : []),
    '## Rules',
    rules(spec, 'spec'),
  ];
  return `${before}${begin}\n\n${parts.join('\n\n')}\n\n${end}${after}`;
}

function split(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`a spec page lacks the line ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

type Field = { readonly path: string; readonly schema: Schema; readonly required: boolean };

const asObject = (value: unknown): Schema => (typeof value === 'object' && value !== null ? (value as Schema) : {});

/** Members of an object, or of the elements of a list of objects. */
function members(schema: Schema, path: string): readonly Field[] {
  const holder = schema.items === undefined ? schema : asObject(schema.items);
  const required = Array.isArray(holder.required) ? holder.required : [];
  const prefix = schema.items === undefined ? path : `${path}[]`;
  return Object.entries(asObject(holder.properties)).map(([name, member]) => ({
    path: prefix === '' ? name : `${prefix}.${name}`,
    schema: asObject(member),
    required: required.includes(name),
  }));
}

const table = (schema: Schema, path: string): string =>
  ['| Field | Type | Default | Meaning |', '|---|---|---|---|', ...lines(schema, path)].join('\n');

const lines = (schema: Schema, path: string): readonly string[] =>
  members(schema, path).flatMap((field) => [line(field), ...lines(field.schema, field.path)]);

const line = ({ path, schema, required }: Field): string =>
  `| \`${path}\` | ${typeOf(schema)} | ${defaultOf(schema, required)} | ${cell(String(schema.description))} |`;

/** What Markdown would take for a mark of its own. */
const cell = (text: string): string => text.replaceAll(/[|*_<]/g, '\\$&');

function typeOf(schema: Schema): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.items !== undefined) return `at most ${schema.maxItems} of: ${typeOf(asObject(schema.items))}`;
  if (schema.format === 'date-time') return 'time';
  if (schema.type === 'string') return `string, at most ${Number(schema.maxLength).toLocaleString('en')}`;
  if (schema.type === 'integer' && Number(schema.maximum) < Number.MAX_SAFE_INTEGER)
    return `integer, ${schema.minimum} to ${schema.maximum}`;
  return String(schema.type);
}

function defaultOf(schema: Schema, required: boolean): string {
  if (required) return 'required';
  if (schema.default === undefined || typeof schema.default === 'object') return '';
  return `\`${JSON.stringify(schema.default)}\``;
}

/** What the API server says where a rule is broken, and the places where it may say so. */
function rules(schema: Schema, path: string): string {
  const places = new Map<string, readonly string[]>();
  for (const { says, at } of rulesOf(schema, path)) places.set(says, [...(places.get(says) ?? []), `\`${at}\``]);
  return [...places].map(([says, at]) => `- ${cell(says)} (${at.join(', ')})`).join('\n');
}

function rulesOf(schema: Schema, path: string): readonly { readonly says: string; readonly at: string }[] {
  const own = Array.isArray(schema['x-kubernetes-validations']) ? schema['x-kubernetes-validations'] : [];
  const below = [
    ...Object.entries(asObject(schema.properties)).map(([name, member]): [string, unknown] => [`${path}.${name}`, member]),
    ...(schema.items === undefined ? [] : [[`${path}[]`, schema.items] as const]),
  ];
  return [
    ...own.map(({ message, fieldPath = '' }) => ({ says: message, at: `${path}${fieldPath}` })),
    ...below.flatMap(([at, member]) => rulesOf(asObject(member), at)),
  ];
}
