import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { crdText, fileOf } from '../../../hack/crds/crd.ts';
import { pageText } from '../../../hack/crds/page.ts';
import { structuralSchema } from '../../../hack/crds/schema.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { onChange, rule } from '../../../src/api/rule.ts';

const said = (schema: z.ZodType) => schema.describe('What it is for.');
const object = (member: z.ZodType) => z.object({ member });
const text = () => said(z.string().max(9));
const node = z.object({
  name: text(),
  get next() {
    return node.exactOptional();
  },
});

const refused: readonly [what: string, schema: z.ZodType, why: string][] = [
  ['a string without a maximum', object(said(z.string())), 'spec.member: a string needs a maximum'],
  ['a list without a maximum', object(said(z.array(z.string().max(9)))), 'spec.member: a list needs a maximum'],
  ['an element without a maximum', object(said(z.array(z.string()).max(3))), 'spec.member[]: a string needs a maximum'],
  ['a map without a maximum', object(said(z.record(z.string(), z.string().max(9)))), 'spec.member: a map needs a maximum'],
  [
    'a value of a map without a maximum',
    object(z.record(z.string(), z.string()).meta({ maxProperties: 3, description: 'x' })),
    'spec.member{}: a string',
  ],
  ['a field without a description', object(z.boolean()), 'spec.member: every field needs a description'],
  [
    'a field of an element without a description',
    object(said(z.array(object(z.boolean())).max(3))),
    'spec.member[].member: every field needs a description',
  ],
  ['a value of any type', object(said(z.unknown())), 'spec.member: every value needs a type'],
  ['a union', object(said(z.union([z.string().max(9), z.int()]))), 'spec.member: a union is not structural'],
  [
    'a discriminated union',
    object(said(z.discriminatedUnion('is', [z.object({ is: z.literal('a') }), z.object({ is: z.literal('b') })]))),
    'a union is not',
  ],
  ['null', object(said(z.string().max(9).nullable())), 'spec.member: null means absent in Kubernetes'],
  ['a reference', object(said(z.string().max(9).meta({ id: 'shared' }))), 'a CRD has no references'],
  ['recursion', object(said(node)), 'Cycle detected'],
  [
    'a pattern with lookahead',
    object(
      said(
        z
          .string()
          .max(9)
          .regex(/^(?!aws).*$/),
      ),
    ),
    "which Go's RE2 cannot read",
  ],
  [
    'a pattern with lookbehind',
    object(
      said(
        z
          .string()
          .max(9)
          .regex(/(?<=a)b/),
      ),
    ),
    "which Go's RE2 cannot read",
  ],
  ['a pattern with a backreference', object(said(z.string().max(9).regex(/(a)\1/))), "which Go's RE2 cannot read"],
  ['two patterns for one string', object(said(z.string().max(9).regex(/a/).regex(/b/))), 'spec.member: a union is not structural'],
  [
    'a refinement without a twin',
    object(
      said(
        z
          .string()
          .max(9)
          .refine((it) => it !== ''),
      ),
    ),
    'spec.member: a check of kind custom has no twin in CEL',
  ],
  ['a refinement of the whole', object(text()).refine(() => true), 'spec: a check of kind custom has no twin in CEL'],
  [
    'a refinement of an optional',
    object(
      said(
        z
          .string()
          .max(9)
          .exactOptional()
          .refine(() => true),
      ),
    ),
    'spec.member: a check of kind custom',
  ],
  ['a check that JSON Schema cannot say', object(said(z.string().max(9).trim())), 'spec.member: a check of kind overwrite has no twin'],
  [
    'a transform',
    object(
      said(
        z
          .string()
          .max(9)
          .transform((it) => it.length),
      ),
    ),
    'spec.member: what is parsed must be what is stored',
  ],
  ['a Date', object(said(z.date())), 'Date'],
  [
    'conditions that are an ordinary list',
    object(said(z.array(z.object({ lastTransitionTime: text() })).max(3))),
    'conditions are a list of type map',
  ],
];

describe('the generator refuses, with place and mend,', () => {
  test.each(refused)('%s', (_what, schema, why) => {
    expect(() => structuralSchema(schema, 'spec')).toThrow(why);
  });
});

describe('the generator writes', () => {
  test('a rule with its sentence and the field it is about', () => {
    const schema = object(text()).check(
      rule("self.member != 'x'", 'member is never x', (it) => it !== undefined, 'member'),
      onChange('self.member == oldSelf.member', 'member cannot change'),
    );
    expect(structuralSchema(schema, 'spec')).toMatchObject({
      'x-kubernetes-validations': [
        { rule: "self.member != 'x'", message: 'member is never x', fieldPath: '.member' },
        { rule: 'self.member == oldSelf.member', message: 'member cannot change' },
      ],
    });
  });

  test('a rule once, whatever is said of its value later', () => {
    const ruled = z
      .string()
      .max(9)
      .check(rule('self.size() > 1', 'longer', (it) => it.length > 1))
      .describe('First.');
    const schema = structuralSchema(object(ruled.exactOptional().describe('Second.')), 'spec');
    expect(schema).toMatchObject({
      properties: { member: { description: 'Second.', 'x-kubernetes-validations': [{ rule: 'self.size() > 1', message: 'longer' }] } },
    });
  });

  test('a strict object without its strictness, which pruning covers', () => {
    expect(JSON.stringify(structuralSchema(z.strictObject({ member: text() }), 'spec'))).not.toContain('additionalProperties');
  });

  test('a loose object in the way of Kubernetes', () => {
    const schema = structuralSchema(z.looseObject({ member: text() }), 'spec');
    expect(schema).toMatchObject({ 'x-kubernetes-preserve-unknown-fields': true });
    expect(schema).not.toHaveProperty('additionalProperties');
  });

  test('a default and no requirement where a field may be left out', () => {
    const schema = structuralSchema(z.object({ a: said(z.boolean().default(true)), b: said(z.int()) }), 'spec');
    expect(schema).toMatchObject({ required: ['b'], properties: { a: { default: true }, b: { type: 'integer', format: 'int64' } } });
  });

  test('a moment as a format, without a pattern', () => {
    const schema = structuralSchema(object(said(z.iso.datetime({ offset: true }).max(40))), 'spec');
    expect(schema).toMatchObject({ properties: { member: { type: 'string', format: 'date-time', maxLength: 40 } } });
    expect(JSON.stringify(schema)).not.toContain('pattern');
  });
});

describe.each(kinds.map((kind) => kind))('the CRD of $kind', (kind) => {
  test('is what crds/ holds, and the same each time', () => {
    expect(crdText(kind)).toBe(crdText(kind));
    expect(readFileSync(new URL(`../../../crds/${fileOf(kind)}`, import.meta.url), 'utf8')).toBe(crdText(kind));
  });

  test('and the tables of its page in docs/spec fit the schema', () => {
    const page = readFileSync(new URL(`../../../docs/spec/${kind.singular}.md`, import.meta.url), 'utf8');
    expect(pageText(page, kind)).toBe(page);
  });

  test('has the names that people type', () => {
    const { spec } = parse(crdText(kind));
    expect(spec.names).toMatchObject({ shortNames: [kind.shortName], categories: ['spanferry'], plural: kind.plural });
    expect(spec.scope).toBe('Namespaced');
    expect(spec.versions[0].selectableFields?.length ?? 0).toBeLessThanOrEqual(8);
  });
});
