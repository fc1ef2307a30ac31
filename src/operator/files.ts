import { readFileSync } from 'node:fs';
import { openPolicy, type Policy, parsePolicy } from './policy.ts';
import type { Settings } from './settings.ts';

/** What the files hold that settings name. */
export type Given = { readonly policy: Policy; readonly ca?: string };

export type Read = { readonly ok: true; readonly given: Given } | { readonly ok: false; readonly sentences: readonly string[] };

/** Reads the files that settings name, before anything starts. Every mistake is told in a sentence, all at once. */
export function readGiven({ policyFile, collectorCaFile }: Pick<Settings, 'policyFile' | 'collectorCaFile'>): Read {
  const sentences: string[] = [];
  const reading = <T>(flag: string, path: string | undefined, parse: (text: string) => T): T | undefined => {
    if (path === undefined) return undefined;
    try {
      return parse(readFileSync(path, 'utf8'));
    } catch (thrown) {
      sentences.push(`--${flag}: ${wordsOf(thrown, path)}`);
      return undefined;
    }
  };
  const policy = reading('policy-file', policyFile, parsePolicy) ?? openPolicy;
  const ca = reading('collector-ca-file', collectorCaFile, certificates);
  return sentences.length > 0 ? { ok: false, sentences } : { ok: true, given: { policy, ...(ca !== undefined && { ca }) } };
}

/** What Node says of files in its own words, in ours; of everything else the first line. */
function wordsOf(thrown: unknown, path: string): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = 'code' in thrown ? thrown.code : undefined;
  if (code === 'ENOENT') return `there is no file ${path}`;
  if (code === 'EISDIR') return `${path} is a folder`;
  if (code === 'EACCES') return `${path} may not be read`;
  return `${path}: ${(thrown.message.split('\n')[0] ?? '').replace(/:$/, '')}`;
}

function certificates(text: string): string {
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('the file holds no certificate in PEM');
  return text;
}
