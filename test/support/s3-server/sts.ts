import { element, S3Error } from './errors.ts';
import { ACCOUNT, authorize, type Identities, type Principal } from './identities.ts';

const HOUR = 3_600_000;

/** Answers one call of STS. `caller` is absent where the request is not signed, which only a web identity may do. */
export function answerSts(parameters: URLSearchParams, caller: Principal | undefined, known: Identities, now: number): string {
  const action = parameters.get('Action');
  if (action === 'AssumeRoleWithWebIdentity') return assumeWithWebIdentity(parameters, known, now);
  if (!caller) throw new S3Error(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token');
  if (action === 'GetCallerIdentity') return callerIdentity(caller);
  if (action === 'AssumeRole') return assumeRole(parameters, caller, known, now);
  throw new S3Error(400, 'InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
}

const callerIdentity = ({ arn }: Principal): string =>
  response('GetCallerIdentity', `${element('Arn', arn)}${element('UserId', 'AIDAEXAMPLE')}${element('Account', ACCOUNT)}`);

function assumeRole(parameters: URLSearchParams, caller: Principal, known: Identities, now: number): string {
  const arn = parameters.get('RoleArn') ?? '';
  const role = known.role(arn);
  const tags = tagsOf(parameters);
  authorize(caller, 'sts:AssumeRole', arn);
  if (Object.keys(tags).length > 0) authorize(caller, 'sts:TagSession', arn);
  const trusted = role?.users?.includes(caller.user ?? '') && (role.externalId ?? null) === parameters.get('ExternalId');
  if (!role || !trusted) {
    throw new S3Error(403, 'AccessDenied', `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`);
  }
  return session('AssumeRole', parameters, known, { arn, deny: role.deny ?? [], tags }, now);
}

function assumeWithWebIdentity(parameters: URLSearchParams, known: Identities, now: number): string {
  const arn = parameters.get('RoleArn') ?? '';
  const role = known.role(arn);
  if (role?.webIdentityToken === undefined) {
    throw new S3Error(403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
  }
  if (role.webIdentityToken !== parameters.get('WebIdentityToken')) {
    throw new S3Error(400, 'InvalidIdentityToken', 'Incorrect token audience');
  }
  return session('AssumeRoleWithWebIdentity', parameters, known, { arn, deny: role.deny ?? [], tags: {} }, now);
}

function session(
  action: string,
  parameters: URLSearchParams,
  known: Identities,
  { arn, deny, tags }: { readonly arn: string; readonly deny: Principal['deny']; readonly tags: Readonly<Record<string, string>> },
  now: number,
): string {
  const name = parameters.get('RoleSessionName') ?? '';
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) throw new S3Error(400, 'ValidationError', 'roleSessionName does not satisfy its constraint');
  const expiresAt = now + HOUR;
  const assumed = arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/');
  const { credential } = known.addSession({ arn: `${assumed}/${name}`, deny, tags, expiresAt });
  const credentials = [
    element('AccessKeyId', credential.accessKeyId),
    element('SecretAccessKey', credential.secretAccessKey),
    element('SessionToken', credential.sessionToken ?? ''),
    element('Expiration', new Date(expiresAt).toISOString()),
  ].join('');
  return response(
    action,
    `<Credentials>${credentials}</Credentials><AssumedRoleUser>${element('AssumedRoleId', `AROAEXAMPLE:${name}`)}${element('Arn', `${assumed}/${name}`)}</AssumedRoleUser>`,
  );
}

function tagsOf(parameters: URLSearchParams): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (let n = 1; parameters.has(`Tags.member.${n}.Key`); n++) {
    tags[parameters.get(`Tags.member.${n}.Key`) ?? ''] = parameters.get(`Tags.member.${n}.Value`) ?? '';
  }
  return tags;
}

const response = (action: string, result: string): string =>
  `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>SPANFERRYTEST</RequestId></ResponseMetadata></${action}Response>`;
