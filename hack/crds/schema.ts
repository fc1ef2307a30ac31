import { z } from 'zod';
import { Refused, readSchema, type Schema } from './refuse.ts';

/**
 * A zod schema as the structural schema of a CRD. Strict on purpose: what a CRD cannot say is refused with the place and the mend,
 * never dropped, so that the API server and the operator hold the same rules.
 */
export function structuralSchema(schema: z.ZodType, at: string): Schema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    cycles: 'throw',
    override: ({ zodSchema, jsonSchema, path }) => {
      const where = [at, ...path.filter((step) => step !== 'properties')].join('.');
      if (zodSchema._zod.def.type === 'pipe') throw new Refused(where, 'what is parsed must be what is stored: no transforms');
      const rules = rulesOf(zodSchema, where);
      if (rules.length > 0) Object.assign(jsonSchema, { 'x-kubernetes-validations': rules });
      // A date-time is checked by its format; the pattern says the same again and unreadably.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return readSchema(json, at);
}

type Rule = { readonly rule: string; readonly message: string; readonly fieldPath?: string };

/** Checks that come out as keywords of JSON Schema by themselves. Any other would be lost without a word. */
const said = new Set(['min_length', 'max_length', 'length_equals', 'greater_than', 'less_than', 'number_format', 'string_format']);

function rulesOf(schema: z.core.$ZodType, where: string): readonly Rule[] {
  const rules: Rule[] = [];
  for (const { _zod } of schema._zod.def.checks ?? []) {
    if (said.has(_zod.def.check)) continue;
    const custom = _zod.def as z.core.$ZodCustomDef;
    const cel: unknown = custom.check === 'custom' ? custom.params?.cel : undefined;
    if (typeof cel !== 'string') throw new Refused(where, `a check of kind ${_zod.def.check} has no twin in CEL: write it with rule()`);
    const says = custom.error?.({ code: 'custom', input: undefined } as z.core.$ZodRawIssue);
    if (typeof says !== 'string') throw new Refused(where, 'a rule needs a sentence that is always the same');
    const at = custom.path?.[0];
    rules.push({ rule: cel, message: says, ...(at === undefined ? {} : { fieldPath: `.${String(at)}` }) });
  }
  return rules;
}
