import { Failed, type Failure, isFailed } from '../../api/failure.ts';
import type { StoreSpec } from '../../api/store.ts';
import { no } from '../cluster/trouble.ts';

/** Types of auth that stand for whoever asks: the operator in a cluster, the person at the machine. */
const ofWhoeverAsks: ReadonlySet<string> = new Set(['IAMRole', 'WorkloadIdentity', 'None']);

/** Does a store name a Secret to read with, beside one for its authority? */
export function namesCredential(spec: StoreSpec): boolean {
  const member = Object.values(spec).find((each) => each !== undefined);
  // What has no choice of identities, such as Datadog, is always read with keys.
  return member !== undefined && !('auth' in member && ofWhoeverAsks.has(member.auth.type));
}

/** The same place, read with the login of the person at the machine: no Secret, and no role of the operator's. */
export function withOwnLogin(spec: StoreSpec): StoreSpec {
  if (spec.s3) return { s3: { ...spec.s3, auth: { type: 'IAMRole' } } };
  if (spec.xray) return { xray: { ...spec.xray, auth: { type: 'IAMRole' } } };
  if (spec.cloudTrace) return { cloudTrace: { ...spec.cloudTrace, auth: googleAuth(spec.cloudTrace.auth.type) } };
  if (spec.gcs) return { gcs: { ...spec.gcs, auth: googleAuth(spec.gcs.auth.type) } };
  if (spec.azureBlob) return { azureBlob: { ...spec.azureBlob, auth: { type: 'WorkloadIdentity' } } };
  return spec.datadog ? no('Datadog knows no login of a person: it is read with the keys in the Secret of the source') : spec;
}

/** The same place without the Secret that holds the authority of its certificate. */
export const withoutAuthority = (spec: StoreSpec): StoreSpec =>
  Object.fromEntries(Object.entries(spec).map(([kind, { caSecretRef: _, ...member }]) => [kind, member])) as StoreSpec;

/** Where nobody is asked for a name, nobody gives one. */
const googleAuth = (type: string) => ({ type: type === 'None' ? ('None' as const) : ('WorkloadIdentity' as const) });

/** How somebody logs in to the cloud of a store. */
function loginTo(spec: StoreSpec): string {
  if (spec.s3 || spec.xray) return 'AWS: aws sso login, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
  return spec.gcs || spec.cloudTrace ? 'Google Cloud: gcloud auth application-default login' : 'Azure: az login';
}

const notLoggedIn: ReadonlySet<Failure['reason']> = new Set(['MissingCredential', 'ExpiredToken', 'InvalidToken', 'InvalidIdentityToken']);

/** What a store refuses to a person's own login is told to that person, and not to whoever runs the operator. */
export function refusedLogin(spec: StoreSpec, thrown: unknown): never {
  if (!isFailed(thrown)) throw thrown;
  const { failure } = thrown;
  const message = toPerson.reduce((words, [said, instead]) => words.replace(said, instead), failure.message);
  if (notLoggedIn.has(failure.reason)) return no(`the store cannot be read with your own login (${message}); log in to ${loginTo(spec)}`);
  throw new Failed({ ...failure, message });
}

/** What the clients of the stores say to whoever runs an operator, in the words for a person. */
const toPerson: readonly (readonly [said: RegExp, instead: string])[] = [
  [/^the operator has no AWS identity: /, ''],
  [/^the ServiceAccount of the operator has no (Google|Azure) identity.*/s, 'there is none on this machine'],
  [/the (identity of the operator|service account key)/g, 'your login'],
];
