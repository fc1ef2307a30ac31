import type { z } from 'zod';
import type { Failure } from './failure.ts';
import type { Frozen } from './fields.ts';
import { type IngestionFile, ingestionFile } from './ingestionfile.ts';
import { type IngestionLedger, ingestionLedger } from './ingestionledger.ts';
import { type IngestionSource, ingestionSource } from './ingestionsource.ts';

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** An IngestionSource as the API server, a file or a person gave it, with the defaults of the CRD. Unknown fields are left out. */
export const parseSource = (object: unknown): Parsed<IngestionSource> => parse(ingestionSource, object);

/** An IngestionFile, likewise. */
export const parseFile = (object: unknown): Parsed<IngestionFile> => parse(ingestionFile, object);

/** An IngestionLedger, likewise. */
export const parseLedger = (object: unknown): Parsed<IngestionLedger> => parse(ingestionLedger, object);

/** A person can mend a few mistakes at a time. */
const maxIssues = 3;

function parse<S extends z.ZodType>(schema: S, object: unknown): Parsed<Frozen<z.output<S>>> {
  const result = schema.safeParse(object, { error: sentence });
  if (result.success) return { ok: true, value: result.data as Frozen<z.output<S>> };
  const issues = result.error.issues;
  const said = issues.slice(0, maxIssues).map((issue) => `${where(issue.path)}: ${issue.message}`);
  const more = issues.length > maxIssues ? [`and ${issues.length - maxIssues} more`] : [];
  return { ok: false, failure: { reason: 'InvalidSpec', message: [...said, ...more].join('; ') } };
}

/** What is wrong, in words; rules bring their own. */
function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== 'custom') return 'this field is required';
  if (issue.code === 'invalid_type') return `this must be ${article(issue.expected)}`;
  if (issue.code === 'invalid_value') return `this must be ${issue.values.map(String).join(' or ')}`;
  if (issue.code === 'invalid_format' && issue.format === 'datetime') return 'write a moment as 2026-11-20T10:00:00Z';
  return undefined;
}

const article = (type: string): string => `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;

/** `spec.scan.extensions[0]` */
function where(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return steps.replace(/^\./, '') || 'the object';
}
