import { z } from 'zod';
import { fail } from '../../api/failure.ts';
import { defaultUniverse, isUniverse } from './hosts.ts';

/** What is used of a service account key. Its URLs (token_uri and the rest) are never looked at. */
export type ServiceAccountKey = {
  readonly clientEmail: string;
  readonly privateKey: string;
  readonly keyId?: string;
  readonly universe: string;
};

const ACCEPTED = 'a service account key: JSON with type "service_account", client_email and private_key';

const keyFile = z.object({
  type: z.literal('service_account'),
  client_email: z.email(),
  private_key: z.string().regex(/-----BEGIN (RSA )?PRIVATE KEY-----/),
  private_key_id: z.string().optional(),
  universe_domain: z.string().optional(),
});

/**
 * Reads the only kind of key that is accepted from a Secret. Every other kind of Google credential (external_account,
 * impersonated_service_account, authorized_user …) names URLs, files or programs that the library would call or read for the tenant.
 */
export function serviceAccountKey(text: string, where: string): ServiceAccountKey {
  const parsed = keyFile.safeParse(json(text));
  if (!parsed.success) {
    const wrong = [...new Set(parsed.error.issues.map((issue) => issue.path.join('.') || 'the JSON text'))];
    fail('InvalidCredential', `${where} is not ${ACCEPTED}; look at ${wrong.join(', ')}`);
  }
  const { client_email, private_key, private_key_id, universe_domain } = parsed.data;
  const universe = universe_domain ?? defaultUniverse;
  if (!isUniverse(universe)) fail('InvalidCredential', `${where} belongs to a cloud that is not known: its universe_domain is ${universe}`);
  return { clientEmail: client_email, privateKey: private_key, ...(private_key_id && { keyId: private_key_id }), universe };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
