import { statSync } from 'node:fs';

/** Whether a word of the command line names a file at hand. A plain word may be the name of a source all the same. */
export function isFile(word: string): boolean {
  if (!/[./\\]/.test(word)) return false;
  try {
    return statSync(word).isFile();
  } catch {
    return false;
  }
}
