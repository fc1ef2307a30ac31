import { setFlagsFromString } from 'node:v8';
import { runParts } from './control/manager.ts';
import { longRunning, type Part } from './control/part.ts';
import { createDelivery } from './delivery/delivery.ts';
import { deliveryMetrics } from './delivery/metrics.ts';
import { credentials } from './kube/access.ts';
import { writeShare } from './kube/budget.ts';
import { copies } from './kube/copies.ts';
import { workerName } from './kube/heartbeat.ts';
import { findKubeConfig } from './kube/kubeconfig.ts';
import { rateLimit } from './kube/limit.ts';
import type { Source } from './kube/ownkinds.ts';
import { resources } from './kube/resources.ts';
import { transport } from './kube/transport.ts';
import { readiness } from './observability/health.ts';
import { type Log, logger } from './observability/logger.ts';
import { metrics } from './observability/metrics.ts';
import { statusServer } from './observability/server.ts';
import { startTracing } from './observability/tracing.ts';
import { workerConnections } from './operator/connections.ts';
import { type Given, readGiven } from './operator/files.ts';
import { managerPart } from './operator/manager-part.ts';
import { allowanceObserver, apiObserver, observedStores, observeShare, verdictObserver } from './operator/observers.ts';
import { readSecret, secretCache } from './operator/secrets.ts';
import { parseSettings, type Settings, settingsHelp } from './operator/settings.ts';
import { workerPart } from './operator/worker-part.ts';
import { systemClock } from './std/clock.ts';
import { openStores } from './stores/registry.ts';
import { createPool } from './transcode/threads/pool.ts';

const VERSION = '0.1.0';

/**
 * What passes through is memory outside of V8's heap. By default V8 marks its whole heap after every 64 MB of it, a third of the CPU of a busy
 * operator; with the first flag, when that memory and the heap have grown together, as for any other memory. With the second one, when they
 * have grown by half: by itself V8 lets a heap grow to a multiple where the machine has plenty. To be set before there are threads.
 */
const GC_FLAGS = '--external-memory-accounted-in-global-limit --heap-growing-percent=50';

/** For verdicts and Leases, once the time to drain is over. */
const LAST_WORDS_MS = 3_000;

/**
 * `spanferry operator`: reads settings, runs until a signal, and returns the exit code. The only reader of environment and signals. `thread` is the
 * program of a transcoding thread, where that is not the sources' own.
 */
export async function operator(args: readonly string[], environment: NodeJS.ProcessEnv = process.env, thread?: URL): Promise<number> {
  if (args.includes('--help')) {
    console.log(`usage: spanferry operator [FLAG…]\n\n${settingsHelp()}`);
    return 0;
  }
  const parsed = parseSettings(args, environment);
  if (!parsed.ok) {
    for (const sentence of parsed.sentences) console.error(sentence);
    return 2;
  }
  const { settings } = parsed;
  const read = readGiven(settings);
  if (!read.ok) {
    for (const sentence of read.sentences) console.error(sentence);
    return 2;
  }
  setFlagsFromString(GC_FLAGS);
  const log = logger({ level: settings.logLevel, fields: { process: settings.name } });
  const stop = new AbortController();
  const abandon = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    log.info('signal', { signal });
    // A second one means: now.
    (stop.signal.aborted ? abandon : stop).abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process.on('unhandledRejection', (thrown) => log.error('a mistake of ours', { thrown: String(thrown) }));
  try {
    return await run(settings, read.given, environment, log, stop.signal, abandon.signal, thread);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    return 1;
  }
}

async function run(
  settings: Settings,
  { policy, ca }: Given,
  environment: NodeJS.ProcessEnv,
  log: Log,
  stop: AbortSignal,
  abandon: AbortSignal,
  thread: URL | undefined,
): Promise<number> {
  const clock = systemClock;
  const name = workerName(settings.name);
  const measured = metrics({ process: true });
  const ready = readiness();

  const share = writeShare(settings.apiWritesPerSecond, settings.role !== 'manager');
  observeShare(measured, share);
  const api = transport({
    credentials: credentials(() => findKubeConfig({}, environment), clock),
    clock,
    userAgent: `spanferry/${VERSION}`,
    writes: rateLimit(clock, share.perSecond),
    observe: apiObserver(measured),
  });
  const kube = resources(api, clock);
  const secrets = secretCache((namespace, secret) => readSecret(kube.secrets, { namespace, name: secret }), clock);
  const { OTEL_COLLECTOR_AUTH_TOKEN } = environment;
  const egress = { allowLoopback: settings.allowLoopback };
  const sts = settings.stsEndpoint === undefined ? {} : { stsEndpoint: settings.stsEndpoint };
  const proxy = proxyOf(environment);
  const onAllowance = allowanceObserver(measured);
  const stores = observedStores(openStores({ ...egress, ...sts, proxy, onAllowance }), measured);
  const own = {
    endpoint: settings.collectorEndpoint,
    compression: settings.collectorCompression,
    ...(OTEL_COLLECTOR_AUTH_TOKEN !== undefined && { authToken: OTEL_COLLECTOR_AUTH_TOKEN }),
    ...(ca !== undefined && { ca }),
  };
  const threads = createPool({ threads: settings.threads, ...(thread ? { entry: thread } : {}) });
  const transcoding = { maxBatchBytes: settings.maxBatchBytes, maxExpansionRatio: settings.maxExpansionRatio };

  const sources = copies<Source>(settings.namespaces, {
    onMisfit: (source, failure) => log.warn('a source that this version does not understand', { source, failure }),
    onTrouble: (error) => log.warn('cannot follow sources', { failure: error.failure }),
  });
  const sourcesSeen = ready.require('sources');
  const following: Part = {
    ...longRunning('sources', async (end) => sources.follow((place) => kube.sources.watch({ ...place, signal: end }))),
  };
  void sources.synced.then(() => sourcesSeen(true));

  const delivery = createDelivery({
    clock,
    observer: deliveryMetrics(measured),
    egress: { policy: egress, proxy },
    canSend: () => ferry?.canSend() ?? false,
    version: VERSION,
  });
  const connections = workerConnections({ secrets, stores, delivery, own, policy, transcoding, version: VERSION, clock });
  const tracing = await startTracing(environment, VERSION, (message) => log.warn(message));
  const common = { name, resources: kube, sources, settings, share, clock, log, tracing };
  const ferry =
    settings.role === 'manager'
      ? undefined
      : workerPart({
          ...{ ...common, connections, transcoding, observer: verdictObserver(measured) },
          ...{ transcode: threads.transcode, transcodeMany: threads.transcodeMany },
        });
  const lead = settings.role === 'worker' ? [] : [managerPart({ ...common, secrets, stores, own, policy, metrics: measured })];

  const status = serving(settings, measured, ready);
  const { failure, abandoned } = await runParts([status, following, ...(ferry?.parts ?? []), ...lead], {
    clock,
    log,
    stop,
    abandon,
    drainMs: settings.drain,
    lastWordsMs: LAST_WORDS_MS,
    onStopping: ready.leave,
  });
  // Whatever still hangs on a connection must not keep a process alive that has nothing left to say.
  setTimeout(() => process.exit(1), 2 * LAST_WORDS_MS).unref();
  connections.close();
  await delivery.close();
  stores.close();
  await threads.close();
  await tracing.close().catch(() => {});
  await api.close();
  return failure || abandoned.length > 0 ? 1 : 0;
}

/** As other programs read them: in capitals or not, the small ones first. */
const proxyOf = (environment: NodeJS.ProcessEnv) => ({
  HTTP_PROXY: environment.http_proxy ?? environment.HTTP_PROXY,
  HTTPS_PROXY: environment.https_proxy ?? environment.HTTPS_PROXY,
  NO_PROXY: environment.no_proxy ?? environment.NO_PROXY,
});

/** /healthz, /readyz and /metrics, up first and down last. */
function serving({ listen }: Settings, measured: ReturnType<typeof metrics>, ready: ReturnType<typeof readiness>): Part {
  const at = listen.lastIndexOf(':');
  let close: () => Promise<void> = async () => {};
  return {
    name: 'status server',
    start: async () => {
      const place = { host: listen.slice(0, at) || '0.0.0.0', port: Number(listen.slice(at + 1)) };
      try {
        ({ close } = await statusServer({ ...place, metrics: measured, readiness: ready }));
      } catch (thrown) {
        throw new Error(`cannot listen on ${listen}: name another address with --listen`, { cause: thrown });
      }
    },
    stop: () => close(),
  };
}
