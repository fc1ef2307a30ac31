import { createVerify, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';

export type Permission = 'storage.objects.list' | 'storage.objects.get';

/** Whose request it is, as its bearer token says. */
export type Caller = { readonly email: string; readonly may: (permission: Permission) => boolean };

type Token = { readonly email: string; readonly expiresAt: number };

/** The service accounts of a project and the tokens they hold: signatures, lifetimes and permissions are checked. */
export type Tokens = ReturnType<typeof tokenService>;

export function tokenService() {
  const accounts = new Map<string, { readonly publicKey: KeyObject; permissions: readonly Permission[] }>();
  const tokens = new Map<string, Token>();
  const logins = new Map<string, string>();
  /** What the metadata server hands out, in its words. */
  const attached = { email: undefined as string | undefined };

  const issue = (email: string, seconds = 3_600) => {
    const value = `ya29.${randomUUID()}`;
    tokens.set(value, { email, expiresAt: Date.now() + seconds * 1_000 });
    return { access_token: value, expires_in: Math.max(seconds, 3_600), token_type: 'Bearer' };
  };

  return {
    issue,
    /** Makes a service account and gives its key, as the console would. */
    account: (email: string, permissions: readonly Permission[] = ['storage.objects.list', 'storage.objects.get']): string => {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
      accounts.set(email, { publicKey, permissions });
      return JSON.stringify({
        type: 'service_account',
        project_id: 'acme',
        private_key_id: randomUUID(),
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
        client_email: email,
        token_uri: 'http://169.254.169.254/never-asked',
      });
    },
    /** Logs a person in, and gives what gcloud leaves in application_default_credentials.json. */
    login: (email: string, permissions: readonly Permission[] = ['storage.objects.list', 'storage.objects.get']): string => {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
      const refreshToken = `1//${randomUUID()}`;
      accounts.set(email, { publicKey, permissions });
      logins.set(refreshToken, email);
      return JSON.stringify({ type: 'authorized_user', client_id: 'gcloud', client_secret: 'gcloud', refresh_token: refreshToken });
    },
    /** Logs everybody out. */
    logout: () => logins.clear(),
    /** Trades the token of a login for one to read with. */
    refresh: (refreshToken: string) => {
      const email = logins.get(refreshToken);
      return email === undefined ? undefined : issue(email);
    },
    grant: (email: string, permissions: readonly Permission[]) => {
      const account = accounts.get(email);
      if (account) account.permissions = permissions;
    },
    /** The account that the node or pod of the operator runs as. */
    attach: (email: string | undefined) => {
      attached.email = email;
    },
    attached: () => attached.email,
    /** Tokens handed out so far are worth nothing from now on. */
    revokeAll: () => tokens.clear(),
    /** Trades a signed assertion for a token; gives nothing where its signature, issuer or audience is wrong. */
    exchange: (assertion: string) => {
      const [head = '', claims = '', signature = ''] = assertion.split('.');
      const { iss, aud, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
      const account = accounts.get(iss);
      if (!account || aud !== 'https://oauth2.googleapis.com/token' || exp * 1_000 < Date.now()) return undefined;
      const valid = createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(account.publicKey, signature, 'base64url');
      return valid ? issue(iss) : undefined;
    },
    caller: (authorization: string | undefined): Caller | 'anonymous' | 'invalid' => {
      if (authorization === undefined) return 'anonymous';
      const token = tokens.get(authorization.replace(/^Bearer /, ''));
      if (!token || token.expiresAt <= Date.now()) return 'invalid';
      return { email: token.email, may: (permission) => accounts.get(token.email)?.permissions.includes(permission) ?? false };
    },
  };
}
