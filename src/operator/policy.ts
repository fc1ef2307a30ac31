import picomatch from 'picomatch';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Failure } from '../api/failure.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import { platformOf } from '../api/store.ts';
import { placeOf } from '../stores/registry.ts';

const patterns = z.array(z.string().min(1)).optional();

const rules = z.strictObject({
  /** Globs on `s3://bucket`, `gs://bucket`, `azblob://account/container`, and on the location of a trace platform such as `datadog://eu1/service`. */
  buckets: patterns,
  /** Globs on the ARN of a role that a source assumes. */
  roleArns: patterns,
  /** Globs on the endpoint of a destination. */
  destinations: patterns,
  /** May sources read with the identity of the operator? */
  operatorIdentity: z.boolean().default(true),
});

const file = z.strictObject({ namespaces: z.record(z.string(), rules) });

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
  const parsed = file.safeParse(parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`the policy file is wrong at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`);
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

function broken(its: Rules, spec: SourceSpec): string | undefined {
  const bucket = bucketOf(spec);
  if (!allowed(its.buckets, bucket)) return `${bucket} is not among the buckets that the policy allows: ${its.buckets?.join(', ')}`;
  const role = spec.store.s3?.auth?.roleArn;
  if (role !== undefined && !allowed(its.roleArns, role))
    return `${role} is not among the roles that the policy allows: ${its.roleArns?.join(', ')}`;
  const endpoint = spec.destination?.endpoint;
  if (endpoint !== undefined && !allowed(its.destinations, endpoint)) {
    return `${endpoint} is not among the destinations that the policy allows: ${its.destinations?.join(', ')}`;
  }
  if (!its.operatorIdentity && usesOperatorIdentity(spec)) {
    return 'the policy does not let this namespace read with the identity of the operator: name a Secret in spec.store';
  }
  return undefined;
}

const allowed = (globs: readonly string[] | undefined, text: string): boolean =>
  globs === undefined || picomatch.isMatch(text, [...globs], { dot: true });

function bucketOf({ store }: SourceSpec): string {
  const { s3, gcs, azureBlob } = store;
  if (platformOf(store)) return placeOf(store).location;
  if (s3) return `s3://${s3.bucket}`;
  if (gcs) return `gs://${gcs.bucket}`;
  return `azblob://${azureBlob?.account ?? azureBlob?.endpoint}/${azureBlob?.container}`;
}

function usesOperatorIdentity({ store: { s3, gcs, azureBlob } }: SourceSpec): boolean {
  if (s3) return s3.auth.type === 'IAMRole';
  return (gcs ?? azureBlob)?.auth.type === 'WorkloadIdentity';
}
