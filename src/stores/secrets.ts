import { createHash } from 'node:crypto';
import { fail } from '../api/failure.ts';
import type { Secrets } from './provider.ts';

/** The value of a key in a Secret, without the white space around it: editors and `echo` like to add a newline. */
export function secretValue(secrets: Secrets, name: string, key: string): string {
  const value = optionalSecretValue(secrets, name, key);
  return value ?? fail('MissingCredential', secrets[name] ? `Secret ${name} has no key ${key}` : `there is no Secret ${name}`);
}

/** Like `secretValue`, but the key may be missing or empty. */
export const optionalSecretValue = (secrets: Secrets, name: string, key: string): string | undefined =>
  secrets[name]?.[key]?.trim() || undefined;

/** What tells clients apart without keeping a credential in a key that may be logged. */
export const digest = (...parts: readonly (string | undefined)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
