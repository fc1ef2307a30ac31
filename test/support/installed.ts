import type { Replica } from './replica.ts';

/** Is the operator a release that somebody has installed, and not processes of the test? `npm run test:installed` says so. */
export const isInstalled = process.env.SPANFERRY_INSTALLED === 'true';

/** Where the servers of a stage listen: on loopback, unless the pods of a release have to reach them. */
export const stageHost = process.env.SPANFERRY_TEST_HOST ?? '127.0.0.1';

/** Stands for the replicas of the release, which are nobody's to start, to stop or to look into. */
export function releaseReplica(flags: readonly string[], environment: NodeJS.ProcessEnv): Replica {
  const refuse = (): never => {
    throw new Error('this test wants an operator of its own; it cannot be run against an installed release');
  };
  if (flags.length > 0 || Object.keys(environment).length > 0) return refuse();
  return {
    get process() {
      return refuse();
    },
    get log() {
      return refuse();
    },
    get url() {
      return refuse();
    },
    text: refuse,
    stop: refuse,
    kill: refuse,
  };
}
