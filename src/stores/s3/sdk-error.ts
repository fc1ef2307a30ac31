import { isRecord, numberIn, recordIn, textIn } from '../fields.ts';
import type { Refusal } from './refusal.ts';

/** What the SDK threw, as a refusal; nothing where no answer came at all. */
export function sdkRefusal(thrown: unknown): Refusal | undefined {
  if (!isRecord(thrown)) return undefined;
  const status = numberIn(recordIn(thrown, '$metadata'), 'httpStatusCode');
  if (status === undefined) return undefined;
  const headers = recordIn(recordIn(thrown, '$response'), 'headers');
  const name = textIn(thrown, 'Code') ?? textIn(thrown, 'name') ?? '';
  // A proxy, or another service, that answers with a page of its own: the words are those of a parser.
  const isForeign = thrown instanceof SyntaxError;
  return {
    // HEAD has no error body, which the SDK calls Unknown, or the number of the status.
    code: isForeign || name === 'Unknown' || name === 'UnknownError' || name === 'Error' || /^\d+$/.test(name) ? '' : name,
    message: isForeign ? '' : (textIn(thrown, 'message') ?? ''),
    status,
    region: textIn(thrown, 'Region') ?? textIn(headers, 'x-amz-bucket-region'),
    endpoint: textIn(thrown, 'Endpoint'),
    retryAfterMs: retryAfterOf(textIn(headers, 'retry-after')),
    requestId: textIn(recordIn(thrown, '$metadata'), 'requestId'),
  };
}

/** The Retry-After header, which S3 gives in seconds. */
export function retryAfterOf(header: string | undefined): number | undefined {
  const seconds = header === undefined ? Number.NaN : Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
