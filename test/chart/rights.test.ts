import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { KubeError } from '../../src/kube/errors.ts';
import { roster } from '../../src/kube/roster.ts';
import { tenure } from '../../src/kube/tenure.ts';
import { logger } from '../../src/observability/logger.ts';
import { type Clock, systemClock } from '../../src/std/clock.ts';
import { sleep } from '../../src/std/sleep.ts';
import { chartRights, type Rights, type Rule } from '../support/account.ts';
import { fileSpec, ledgerSpec } from '../support/api/manifests.ts';
import { eventually } from '../support/eventually.ts';
import { kubeClient } from '../support/kube-client.ts';
import { type Stage, stage } from '../support/stage.ts';
import { agentFile } from '../support/traces/agent.ts';

// What the chart lets the operator do is exactly what it needs: taken away one by one, each right is missed, by name.

const rights = await chartRights();
const apiVersion = 'spanferry.io/v1alpha1';

type Right = { readonly verb: string; readonly resource: string };

const listed = (rules: readonly Rule[]): readonly Right[] =>
  rules.flatMap(({ resources, verbs }) => resources.flatMap((resource) => verbs.map((verb) => ({ verb, resource }))));
const all = listed([...rights.everywhere, ...rights.leases]);

const without = ({ verb, resource }: Right): Rights => {
  const less = (rules: readonly Rule[]) =>
    rules
      .map((rule) => (rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) } : rule))
      .filter(({ verbs }) => verbs.length > 0);
  return { everywhere: less(rights.everywhere), leases: less(rights.leases) };
};

/** Rights of which the life below makes no use, and the tests that show what they are for. */
const elsewhere: readonly string[] = [
  // Where the API server does not stream what it has (before 1.34), it is listed.
  'list ingestionsources',
  'list ingestionfiles',
  // The Lease of a worker that is gone stays for ten minutes.
  'delete leases',
];

const named = ({ verb, resource }: Right): string => `${verb} ${resource}`;

/** The record whose worker has left: its file is there no more, so the collector never hears of it. */
const leftBehind = 'checkout-of-one-who-left';

/** Objects as they lie around in an old namespace: a record whose worker has left, and the ledgers of two sources that are gone. */
async function past({ apply, namespace }: Stage): Promise<void> {
  const holderless = { holderIdentity: '', leaseDurationSeconds: 30, leaseTransitions: 1 };
  const labels = { 'spanferry.io/role': 'worker' };
  await apply({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'left-a1b2c3', labels }, spec: holderless });
  const ledger = (source: string, annotations = {}) =>
    apply({
      apiVersion,
      kind: 'IngestionLedger',
      metadata: { name: `${source}-0`, namespace, annotations },
      spec: { ...ledgerSpec, number: 0, sourceRef: { name: source } },
    });
  await ledger('gone');
  await ledger('long-gone', { 'spanferry.io/orphaned-since': '2026-01-01T00:00:00Z' });
}

/** From the first list to the last event: a life in which each right is used, but for those above. */
async function life(scene: Stage, isEnough: (said: string) => boolean): Promise<string> {
  await past(scene);
  const held = Promise.withResolvers<undefined>();
  const [first, second] = [agentFile(2), agentFile(1)];
  scene.put('checkout/a.json', first.text);
  scene.put('checkout/b.json', second.text);
  await scene.source('checkout', { history: { completed: 0 } });
  const { uid } = (await scene.get('checkout')).metadata;
  await scene.apply({
    apiVersion,
    kind: 'IngestionFile',
    metadata: { name: leftBehind, ownerReferences: [{ apiVersion, kind: 'IngestionSource', name: 'checkout', uid }] },
    spec: { ...fileSpec, sourceRef: { name: 'checkout' }, key: 'checkout/b.json', worker: 'left-a1b2c3' },
  });
  // While both files are on the ferry somebody writes on their records: the verdicts meet a conflict and read them anew.
  scene.collector.next(
    () => held.promise,
    () => held.promise,
  );
  const replica = await scene.start(['--namespaces', scene.namespace, '--log-level', 'debug']);
  let status = '';
  /** What it tells: in its log, or in the status of the source. */
  const said = () => `${replica.text()}\n${status}`;
  const until = (seen: () => Promise<boolean>) =>
    eventually(
      async () => {
        status = JSON.stringify((await scene.get('checkout')).status.conditions);
        return isEnough(said()) || (await seen());
      },
      (is) => is,
      100_000,
    );

  const onTheFerry = async () =>
    (await scene.files('checkout')).filter(({ metadata, status }) => metadata.name !== leftBehind && status.state === 'Processing');
  await until(async () => (await onTheFerry()).length === 2);
  for (const { metadata } of await onTheFerry()) await scene.ask('ingestionfiles', metadata.name, 'retry', 'meanwhile');
  held.resolve(undefined);
  for (const token of ['once', 'twice']) {
    await scene.ask('ingestionsources', 'checkout', 'test', token);
    await until(async () => (await scene.get('checkout')).status.lastTest?.token === token);
  }
  await until(async () => (await scene.files('checkout')).length === 0 && (await scene.ledgers('checkout')).length > 0);
  await until(async () => (await scene.ledgers('long-gone')).length === 0 && (await orphaned(scene)));
  // What has happened again is told again at the end.
  await replica.stop();
  return said();
}

async function orphaned(scene: Stage): Promise<boolean> {
  const [head] = await scene.ledgers('gone');
  return head?.metadata.annotations?.['spanferry.io/orphaned-since'] !== undefined;
}

const refusal = ({ verb, resource }: Right): string => `not allowed to ${verb} ${resource} `;

async function withStage<T>(less: Rights, act: (scene: Stage) => Promise<T>): Promise<T> {
  const scene = await stage({ rights: less });
  try {
    return await act(scene);
  } finally {
    await scene.close();
  }
}

describe.concurrent('the rights of the operator', { timeout: 150_000 }, () => {
  test('are enough: with all of them nothing is refused in a whole life', async () => {
    const said = await withStage(rights, (scene) => life(scene, () => false));
    expect(said).not.toContain('not allowed to');
    expect(said).toContain('ledger of a source that is gone is removed');
  });

  test.each(all.filter((right) => !elsewhere.includes(named(right))).map((right) => [named(right), right] as const))(
    'without "%s" it says that this is what it lacks',
    async (_name, right) => {
      const said = await withStage(without(right), (scene) => life(scene, (text) => text.includes(refusal(right))));
      expect(said).toContain(refusal(right));
    },
  );

  test.each(['ingestionsources', 'ingestionfiles'] as const)(
    'without "list %s" an API server that does not stream lists is of no use',
    async (resource) => {
      await withStage(without({ verb: 'list', resource }), async ({ operator, namespace }) => {
        const { sources, files, transport } = kubeClient(await readFile(operator.kubeconfig, 'utf8'));
        const stop = new AbortController();
        const watched = (resource === 'ingestionsources' ? sources : files).watch({ namespace, signal: stop.signal, initial: 'pages' });
        const troubles: KubeError[] = [];
        for await (const event of watched) {
          if (event.type === 'trouble') {
            troubles.push(event.error);
            break;
          }
        }
        stop.abort();
        await transport.close();
        expect(troubles[0]?.message).toContain(refusal({ verb: 'list', resource }));
      });
    },
  );

  test('without "create ingestionfiles" a source is not Ready, and what was refused is asked for seldom', async () => {
    await withStage(without({ verb: 'create', resource: 'ingestionfiles' }), async (scene) => {
      scene.put('checkout/a.json', agentFile(2).text);
      await scene.source('checkout', {});
      const replica = await scene.start(['--namespaces', scene.namespace]);
      await eventually(
        async () => (await scene.get('checkout')).status.conditions?.find(({ type }) => type === 'Ready'),
        (ready) => ready?.status === 'False' && ready.reason === 'ApiForbidden',
      );
      expect(replica.text().match(/cannot create a record/g)?.length).toBeLessThan(4);
    });
  });

  test('without "delete leases" the Leases of workers that are gone stay', async () => {
    await withStage(without({ verb: 'delete', resource: 'leases' }), async (scene) => {
      await past(scene);
      const { leases, transport } = kubeClient(await readFile(scene.operator.kubeconfig, 'utf8'));
      const lines: string[] = [];
      const stop = new AbortController();
      const team = roster({
        leases,
        namespace: scene.namespace,
        leadership: tenure(systemClock, 600_000, systemClock.monotonic()),
        clock: hasty,
        log: logger({ level: 'debug', to: { write: (line: string) => lines.push(line) } }),
      });
      const running = team.run(stop.signal);
      await eventually(
        () => lines.join(''),
        (said) => said.includes(refusal({ verb: 'delete', resource: 'leases' })),
      );
      stop.abort();
      await running;
      await transport.close();
    });
  });
});

/** A clock on which ten minutes pass in a few seconds. */
const HASTE = 200;
const hasty: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * HASTE,
  sleep: (ms, signal) => sleep(ms / HASTE, signal),
};
