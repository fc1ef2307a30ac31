import { parse } from 'yaml';
import { z } from 'zod';
import { type Failure, failureOf } from '../api/failure.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import { prefixOf } from '../api/match.ts';
import { urlOf } from '../delivery/destination.ts';
import { placeOf } from '../stores/registry.ts';
import { type Fits, patterns } from './pattern.ts';

type Pattern = { readonly text: string; readonly fits: Fits };

const listOf = (compile: (pattern: string) => Fits) =>
  z
    .array(
      z
        .string('write a text')
        .min(1, 'write a pattern')
        .transform((text, context): Pattern => {
          try {
            return { text, fits: compile(text) };
          } catch (thrown) {
            context.issues.push({ code: 'custom', input: text, message: failureOf(thrown).message });
            return z.NEVER;
          }
        }),
      'write a list; an empty one allows nothing',
    )
    .optional();

/** A mapping with these keys and no other: a mistyped one must not look as if it worked. */
const mapping = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `there is no key ${issue.keys.join(', ')}; the keys are ${Object.keys(shape).join(', ')}`
        : `write a mapping with the keys ${Object.keys(shape).join(', ')}; {} where all is allowed`,
  });

const rules = mapping({
  /** Patterns of `s3://bucket`, `gs://bucket`, `azblob://account/container`, and of the location of a trace platform. */
  buckets: listOf(patterns.bucket),
  /** Patterns of the ARN of a role that a source assumes. */
  roleArns: listOf(patterns.role),
  /** Patterns of the URL of a destination. */
  destinations: listOf(patterns.destination),
  /** May sources read with the identity of the operator? */
  operatorIdentity: z.boolean('write true or false').default(true),
});

/** What a namespace can be called, and "*" for all others. */
const namespaceName = /^(\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$/;

const wrongNamespace = (issue: { readonly code?: string }): string =>
  issue.code === 'invalid_key'
    ? 'no namespace has such a name: write a-z, 0-9 and -, 63 at most, or "*" for all others'
    : 'write the rules of each namespace below its name';

const file = z.strictObject(
  { namespaces: z.record(z.string().regex(namespaceName), rules, { error: wrongNamespace }) },
  'write `namespaces:`, and below it the rules of each namespace',
);

type Rules = z.output<typeof rules>;

/** What sources of a namespace may name. */
export type Policy = {
  /** Why this source may not be, if so. */
  readonly refusal: (namespace: string, spec: SourceSpec) => Failure | undefined;
  readonly operatorIdentity: (namespace: string) => boolean;
};

/** Without a file everybody may name everything. */
export const openPolicy: Policy = { refusal: () => undefined, operatorIdentity: () => true };

/** Reads the policy file. A namespace that it does not name falls under "*"; where there is no "*", nothing is allowed. Throws a sentence. */
export function parsePolicy(text: string): Policy {
  const parsed = file.safeParse(yamlOf(text));
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `at ${path.join('.') || 'its top'}: ${message}`);
    throw new Error(`the policy file is wrong ${wrong.join('; ')}`);
  }
  const { namespaces } = parsed.data;
  // A namespace may be called "constructor".
  const rulesFor = (namespace: string): Rules | undefined =>
    Object.hasOwn(namespaces, namespace) ? namespaces[namespace] : namespaces['*'];
  return {
    operatorIdentity: (namespace) => rulesFor(namespace)?.operatorIdentity ?? false,
    refusal: (namespace, spec) => {
      const its = rulesFor(namespace);
      const message = its ? broken(its, spec) : 'the policy does not name this namespace';
      return message === undefined ? undefined : { reason: 'NotAllowed', message };
    },
  };
}

function yamlOf(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch (thrown) {
    throw new Error(`the policy file is no YAML: ${failureOf(thrown).message}`);
  }
}

function broken(its: Rules, spec: SourceSpec): string | undefined {
  const named = [
    ['buckets', its.buckets, bucketOf(spec)],
    ['roles', its.roleArns, (spec.store.s3 ?? spec.store.xray)?.auth?.roleArn],
    ['destinations', its.destinations, destinationOf(spec)],
  ] as const;
  for (const [what, allowed, name] of named) {
    if (name === undefined || !allowed || allowed.some(({ fits }) => fits(name))) continue;
    const list = allowed.length === 0 ? 'none' : allowed.map(({ text }) => text).join(', ');
    return `${name} is not among the ${what} that the policy allows: ${list}`;
  }
  if (!its.operatorIdentity && usesOperatorIdentity(spec)) {
    return 'the policy does not let this namespace read with the identity of the operator: name a Secret in spec.store';
  }
  return undefined;
}

/** Where the source looks, without its prefix. */
function bucketOf({ store }: SourceSpec): string {
  const { location } = placeOf(store);
  return location.slice(0, location.length - prefixOf({ store }).length).replace(/\/$/, '');
}

/** The URL that is called. */
function destinationOf({ destination }: SourceSpec): string | undefined {
  if (!destination) return undefined;
  const { origin, pathname } = urlOf(destination.endpoint);
  return `${origin}${pathname}`;
}

/** The types of `auth` that stand for the operator's own identity, whatever the kind of store. */
const operatorsOwn: ReadonlySet<string> = new Set(['IAMRole', 'WorkloadIdentity']);

const usesOperatorIdentity = ({ store }: SourceSpec): boolean =>
  Object.values(store).some((member) => 'auth' in member && operatorsOwn.has(member.auth.type));
