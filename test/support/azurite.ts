import { join } from 'node:path';
import { type Child, startChild } from './child.ts';

const main = join(import.meta.dirname, '../../node_modules/azurite/dist/src/blob/main.js');
const flags = [
  '--blobHost',
  '127.0.0.1',
  '--blobPort',
  '0',
  '--inMemoryPersistence',
  '--skipApiVersionCheck',
  '--disableTelemetry',
  '--silent',
];

/** Starts Microsoft's own emulator of Blob Storage with one account. `origin` is where it listens. */
export async function startAzurite(
  account: string,
  key: string,
  more: readonly string[] = [],
): Promise<Child & { readonly origin: string }> {
  const ready = /successfully listens on (https?:\S+)/;
  const { line, stop } = await startChild(process.execPath, [main, ...flags, ...more], ready, { AZURITE_ACCOUNTS: `${account}:${key}` });
  return { origin: line[1]?.replace(/\/$/, '') ?? '', stop };
}
