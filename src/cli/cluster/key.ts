import { prefixOf } from '../../api/match.ts';
import type { Source } from '../../kube/ownkinds.ts';

/** A key as a person gives it: whole, as a URL of the source's place, or without the prefix of the source, as `ls` shows it. */
export function keyIn({ spec, status }: Pick<Source, 'spec' | 'status'>, given: string): string {
  const prefix = prefixOf(spec);
  const root = (status.location ?? '').slice(0, (status.location ?? '').length - prefix.length);
  const key = root !== '' && given.startsWith(root) ? given.slice(root.length) : given;
  if (key.startsWith(prefix)) return key;
  // `ls` shows names from the last folder on, and a prefix may be the beginning of a name.
  const inFolder = prefix.slice(0, prefix.lastIndexOf('/') + 1) + key;
  return inFolder.startsWith(prefix) ? inFolder : prefix + key;
}
