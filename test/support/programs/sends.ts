import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';

/**
 * A preload that notes when each write to the API server leaves a process, a line each, by a clock that all processes of a machine
 * share. Leases are not in it: their renewal waits for nobody.
 */
const file = process.env.SPANFERRY_TEST_SENDS;

subscribe('undici:client:sendHeaders', (message) => {
  const { method, path } = (message as { readonly request: { readonly method: string; readonly path: string } }).request;
  if (file === undefined || method === 'GET' || !path.startsWith('/apis/') || path.includes('/leases')) return;
  appendFileSync(file, `${performance.timeOrigin + performance.now()}\n`);
});
