import type { IncomingHttpHeaders } from 'node:http';
import type { HttpHeaders, IHttpClient } from '@azure/storage-blob';
import { fail } from '../../api/failure.ts';
import { text, type Web } from '../web.ts';

const TEXT_BYTES = 64 * 1024 * 1024;

/** Lets the SDK speak through the guarded connections of the store. Whatever is not a GET is refused here. */
export function transport(web: Web): IHttpClient {
  return {
    sendRequest: async (request) => {
      if (request.method !== 'GET') fail('InternalError', `a store is only read: ${request.method} is not sent`);
      const { origin, path } = split(request.url);
      const signal = request.abortSignal instanceof AbortSignal ? request.abortSignal : undefined;
      const { status, headers, body } = await web.get({ origin, path, headers: request.headers.rawHeaders(), signal });
      const answer = { request, status, headers: headersLike(request.headers, headers) };
      if (request.streamResponseStatusCodes?.has(status)) return { ...answer, readableStreamBody: body };
      return { ...answer, bodyAsText: await text(body, TEXT_BYTES) };
    },
  };
}

/** Cuts a URL without parsing it, since parsing would fold dots in a key. */
function split(url: string): { readonly origin: string; readonly path: string } {
  const at = url.indexOf('/', url.indexOf('//') + 2);
  return { origin: url.slice(0, at), path: url.slice(at) };
}

/** Headers in the SDK's own type, which only an existing one of its kind can make. */
function headersLike(like: HttpHeaders, given: IncomingHttpHeaders): HttpHeaders {
  const headers = like.clone();
  for (const name of headers.headerNames()) headers.remove(name);
  for (const [name, value] of Object.entries(given)) {
    // Without it the SDK cannot follow a redirect.
    if (value !== undefined && name !== 'location') headers.set(name, String(value));
  }
  return headers;
}
