import { randomBytes } from 'node:crypto';
import { S3Error } from './errors.ts';

/** Something a policy can deny. */
export type Action = 's3:ListBucket' | 's3:GetObject' | 's3:PutObject' | 's3:DeleteObject' | 'sts:AssumeRole' | 'sts:TagSession';

type Credential = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

type Role = {
  readonly arn: string;
  /** Asked of whoever assumes it with keys. */
  readonly externalId?: string;
  /** Names of the users that may assume it; nobody where left out. */
  readonly users?: readonly string[];
  /** The web identity token that may assume it. */
  readonly webIdentityToken?: string;
  readonly deny?: readonly Action[];
};

/** Who signs: a user or a session of a role. */
export type Principal = {
  readonly arn: string;
  readonly account: string;
  readonly deny: readonly Action[];
  readonly credential: Credential;
  readonly user?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly expiresAt?: number;
};

/** Users, roles and sessions that the server knows. */
export type Identities = {
  readonly addUser: (name: string, deny?: readonly Action[]) => Principal;
  readonly addRole: (role: Role) => void;
  readonly role: (arn: string) => Role | undefined;
  readonly addSession: (session: Omit<Principal, 'credential' | 'account'>) => Principal;
  /** The principal of an access key and token; throws what AWS answers to a wrong one. */
  readonly find: (accessKeyId: string, sessionToken: string | undefined, now: number) => Principal;
  /** Forgets a session's right to exist: its next request is answered with ExpiredToken. */
  readonly expire: (accessKeyId: string) => void;
};

export const ACCOUNT = '123456789012';

/** An empty directory of identities. */
export function identities(): Identities {
  const principals = new Map<string, Principal>();
  const roles = new Map<string, Role>();
  const add = (principal: Principal): Principal => {
    principals.set(principal.credential.accessKeyId, principal);
    return principal;
  };

  return {
    addUser: (name, deny = []) =>
      add({ arn: `arn:aws:iam::${ACCOUNT}:user/${name}`, account: ACCOUNT, deny, user: name, credential: newCredential('AKIA') }),
    addRole: (role) => roles.set(role.arn, role),
    role: (arn) => roles.get(arn),
    addSession: (session) =>
      add({ ...session, account: ACCOUNT, credential: { ...newCredential('ASIA'), sessionToken: randomBytes(48).toString('base64') } }),
    find: (accessKeyId, sessionToken, now) => {
      const found = principals.get(accessKeyId);
      if (!found) throw new S3Error(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
      if (found.credential.sessionToken !== sessionToken) {
        throw new S3Error(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.');
      }
      if (found.expiresAt !== undefined && found.expiresAt <= now) {
        throw new S3Error(400, 'ExpiredToken', 'The provided token has expired.');
      }
      return found;
    },
    expire: (accessKeyId) => {
      const found = principals.get(accessKeyId);
      if (found) principals.set(accessKeyId, { ...found, expiresAt: 0 });
    },
  };
}

/** Throws AccessDenied where the policy of a principal denies an action. */
export function authorize(principal: Principal, action: Action, resource: string): void {
  if (!principal.deny.includes(action)) return;
  throw new S3Error(
    403,
    'AccessDenied',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: "${resource}" with an explicit deny in an identity-based policy`,
  );
}

const newCredential = (prefix: string): Credential => ({
  accessKeyId: prefix + randomBytes(10).toString('hex').slice(0, 16).toUpperCase(),
  secretAccessKey: randomBytes(30).toString('base64'),
});
