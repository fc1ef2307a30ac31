import { readFileSync } from 'node:fs';
import { cache } from '../../../src/kube/cache.ts';
import type { File } from '../../../src/kube/ownkinds.ts';
import { kubeClient } from '../kube-client.ts';

// What the first list of all records costs, in a process of its own: the memory it adds is the cache's and nobody else's.

const [kubeconfigPath = '', initial = 'stream'] = process.argv.slice(2);
const { files, sources, transport } = kubeClient(readFileSync(kubeconfigPath, 'utf8'));
// What the client itself takes is there before.
await sources.list({ namespace: 'default' }, { pageSize: 1 }).next();

const stop = new AbortController();
const copy = cache<File, 'worker'>({ indexes: { worker: ({ spec }) => (spec.worker ? [spec.worker] : []) } });
const longestBlock = blocks();
const [started, before, rss] = [performance.now(), process.cpuUsage(), process.memoryUsage().rss];
const running = copy.run(files.watch({ initial: initial === 'pages' ? 'pages' : 'stream', signal: stop.signal }));
await copy.synced;
console.log(
  JSON.stringify({
    objects: copy.size(),
    ms: performance.now() - started,
    cpuMs: cpuSince(before),
    mibAdded: (process.resourceUsage().maxRSS * 1_024 - rss) / 2 ** 20,
    longestBlockMs: longestBlock(),
  }),
);
stop.abort();
await running;
await transport.close();

/** The most CPU time between two turns of the event loop: a process that was not scheduled has not blocked anything. */
function blocks(): () => number {
  let longest = 0;
  let last = process.cpuUsage();
  let timer = setImmediate(function turn() {
    longest = Math.max(longest, cpuSince(last));
    last = process.cpuUsage();
    timer = setImmediate(turn);
  });
  return () => {
    clearImmediate(timer);
    return longest;
  };
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
