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
const [started, before, rss] = [performance.now(), process.cpuUsage(), process.memoryUsage().rss];
const longestBlock = blocks();
const running = copy.run(files.watch({ initial: initial === 'pages' ? 'pages' : 'stream', signal: stop.signal }));
await copy.synced;
console.log(
  JSON.stringify({
    objects: copy.size(),
    ms: performance.now() - started,
    cpuMs: cpuSince(before),
    mibAdded: (process.resourceUsage().maxRSS * 1_024 - rss) / 2 ** 20,
    ...longestBlock(),
  }),
);
stop.abort();
await running;
await transport.close();

/**
 * The longest time between two looks, a millisecond or a turn of the event loop apart: by the clock, and by the CPU that this thread took. A thread
 * that was not scheduled, or waited for an answer, has blocked nobody; nor have threads beside it that compile or collect.
 */
function blocks(): () => { readonly longestBlockMs: number; readonly longestBlockCpuMs: number } {
  let longest = { ms: 0, cpuMs: 0 };
  let last = { at: performance.now(), cpu: process.threadCpuUsage() };
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last.cpu);
    longest = { ms: Math.max(longest.ms, performance.now() - last.at), cpuMs: Math.max(longest.cpuMs, (user + system) / 1_000) };
    last = { at: performance.now(), cpu: process.threadCpuUsage() };
  }, 1);
  return () => {
    clearInterval(timer);
    return { longestBlockMs: longest.ms, longestBlockCpuMs: longest.cpuMs };
  };
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
