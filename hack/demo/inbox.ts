import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const EVERY_MS = 300;

/** A folder whose files are uploaded as soon as they stand still. Returns the function that ends it. */
export function inbox(folder: string, upload: (name: string, body: Buffer) => void): () => void {
  mkdirSync(folder, { recursive: true });
  const seen = new Map<string, string>();
  const uploaded = new Map<string, string>();
  const look = () => {
    for (const { name, parentPath } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())) {
      const path = join(parentPath, name);
      const { size, mtimeMs } = statSync(path);
      const state = `${size} ${mtimeMs}`;
      if (seen.get(name) === state && uploaded.get(name) !== state) {
        upload(name, readFileSync(path));
        uploaded.set(name, state);
      }
      seen.set(name, state);
    }
  };
  const timer = setInterval(() => {
    try {
      look();
    } catch {
      // A file that goes while it is looked at is looked for again.
    }
  }, EVERY_MS);
  return () => clearInterval(timer);
}
