import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { Credentials } from './credentials.ts';

/** A GET before it is signed. */
export type UnsignedGet = {
  readonly host: string;
  /** Encoded, as it is sent. */
  readonly path: string;
  /** Parameters, encoded and sorted by name. */
  readonly query?: string;
  /** In lower case, besides host and the headers of the signature itself. */
  readonly headers: Readonly<Record<string, string>>;
};

const NO_BODY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Signs GETs of objects for one region: AWS Signature Version 4. The SDK's signer does the same at five times the cost. */
export function getSigner(region: string): (get: UnsignedGet, credentials: Credentials, now: number) => Record<string, string> {
  let derived: { readonly secret: string; readonly date: string; readonly key: KeyObject } | undefined;

  /** The signing key changes once a day. As a KeyObject it need not be wrapped anew for every signature. */
  const signingKey = (secret: string, date: string): KeyObject => {
    if (derived?.secret !== secret || derived.date !== date) {
      const parts = [date, region, 's3', 'aws4_request'];
      const bytes = parts.reduce<Buffer>((key, part) => createHmac('sha256', key).update(part).digest(), Buffer.from(`AWS4${secret}`));
      derived = { secret, date, key: createSecretKey(bytes) };
    }
    return derived.key;
  };

  return ({ host, path, query = '', headers }, { accessKeyId, secretAccessKey, sessionToken }, now) => {
    const time = amzTime(now);
    const date = time.slice(0, 8);
    const signed: Record<string, string> = { ...headers, host, 'x-amz-content-sha256': NO_BODY, 'x-amz-date': time };
    if (sessionToken !== undefined) signed['x-amz-security-token'] = sessionToken;
    const names = Object.keys(signed).sort();
    const list = names.join(';');
    let canonical = `GET\n${path}\n${query}\n`;
    for (const name of names) canonical += `${name}:${signed[name]}\n`;
    canonical += `\n${list}\n${NO_BODY}`;
    const scope = `${date}/${region}/s3/aws4_request`;
    const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical)}`;
    const signature = createHmac('sha256', signingKey(secretAccessKey, date)).update(toSign).digest('hex');
    signed.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${list}, Signature=${signature}`;
    return signed;
  };
}

let lastTime = { second: Number.NaN, text: '' };

/** `20261120T130501Z`. Thousands of GETs are signed in the same second. */
function amzTime(now: number): string {
  const second = Math.floor(now / 1_000);
  if (lastTime.second !== second) lastTime = { second, text: new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '') };
  return lastTime.text;
}

/** Parameters as the signature wants them. */
export const encodedQuery = (parameters: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(parameters)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${encodedKey(name)}=${encodedKey(value).replaceAll('/', '%2F')}`]))
    .sort()
    .join('&');

/** A key as the path of a URL, where S3 wants everything encoded but letters, digits, `-._~` and the slash. */
export const encodedKey = (key: string): string =>
  /^[\w\-.~/]*$/.test(key)
    ? key
    : encodeURIComponent(key).replace(/%2F|[!'()*]/g, (part) =>
        part === '%2F' ? '/' : `%${part.charCodeAt(0).toString(16).toUpperCase()}`,
      );
