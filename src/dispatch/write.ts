import { failureOf } from '../api/failure.ts';
import type { IngestionFile } from '../api/ingestionfile.ts';
import type { Log } from '../observability/logger.ts';
import { semaphore } from '../std/semaphore.ts';

/** What is written about: a copy of a record, or the name of one that is to be. */
type About = { readonly metadata: Pick<IngestionFile['metadata'], 'name' | 'namespace'> };

/** Does one write, never throws. True where it was done or somebody else was faster: the copy will tell. */
export type Write = (what: string, about: About, act: () => Promise<unknown>) => Promise<boolean>;

/** The write budget of the transport is the real limit; `atOnce` keeps one kind of writes from taking all of it. */
export function writes({ mayWrite, log, atOnce }: { readonly mayWrite: () => boolean; readonly log: Log; readonly atOnce: number }): Write {
  const permits = semaphore(atOnce);
  /** Copies that are known to be old: nothing is written under them a second time. */
  const outdated = new WeakSet<About>();

  return async (what, about, act) => {
    const release = await permits.acquire();
    try {
      if (!mayWrite()) return false;
      if (outdated.has(about)) return true;
      await act();
      outdated.add(about);
      return true;
    } catch (thrown) {
      const failure = failureOf(thrown);
      const isRace = failure.reason === 'ObjectChanged';
      if (isRace) outdated.add(about);
      const { namespace, name: record } = about.metadata;
      log[isRace ? 'debug' : 'warn'](`cannot ${what}`, { namespace, record, failure });
      return isRace;
    } finally {
      release();
    }
  };
}
