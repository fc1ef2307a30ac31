import { expect, test } from 'vitest';
import type { Delivery } from '../../../src/delivery/delivery.ts';
import type { Sender } from '../../../src/delivery/sender.ts';
import { type ConnectionOptions, workerConnections } from '../../../src/operator/connections.ts';
import { openPolicy } from '../../../src/operator/policy.ts';
import { systemClock } from '../../../src/std/clock.ts';
import type { Store } from '../../../src/stores/store.ts';
import { aSource } from '../../support/worker-world.ts';

const source = aSource({
  store: { s3: { bucket: 'acme-traces', region: 'us-east-1', auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } } } },
});

/** Connections over fakes that count what is open. */
function world() {
  let key = 'AKIA1';
  let [open, opened] = [0, 0];
  const store = (): Store => {
    [open, opened] = [open + 1, opened + 1];
    return {
      location: 's3://acme-traces/',
      probe: async () => ({}),
      list: async function* () {},
      open: async function* () {},
      close: () => void open--,
    };
  };
  const sender: Sender = {
    send: () => Promise.reject(new Error('nothing is sent here')),
    ready: async () => {},
    state: () => ({ ready: true }),
    watch: () => () => {},
    close: () => {},
  };
  const delivery: Pick<Delivery, 'sender'> = { sender: () => sender };
  const options: ConnectionOptions = {
    secrets: { read: async () => ({ 's3-keys': { accessKeyId: key, secretAccessKey: 'x' } }), drop: () => {} },
    stores: { open: async () => store(), close: () => {} },
    delivery: delivery as Delivery,
    own: { endpoint: 'http://collector:4318', compression: 'None' },
    policy: openPolicy,
    transcoding: { maxBatchBytes: 1, maxExpansionRatio: 1 },
    version: '0',
    clock: systemClock,
  };
  return {
    connections: workerConnections(options),
    correct: (to: string) => {
      key = to;
    },
    open: () => open,
    opened: () => opened,
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('many files share one connection, opened once', async () => {
  const { connections, opened } = world();
  await Promise.all(Array.from({ length: 16 }, () => connections.to(source)));
  expect(opened()).toBe(1);
});

test('what was replaced is closed when its last user lets go, and not before', async () => {
  const { connections, correct, open } = world();
  const [first, second] = [await connections.to(source), await connections.to(source)];
  correct('AKIA2');
  const next = await connections.to(source);
  expect([first.replaced.aborted, next.replaced.aborted]).toEqual([true, false]);
  first.release();
  first.release();
  await settled();
  expect(open()).toBe(2);
  second.release();
  await settled();
  expect(open()).toBe(1);
});

test('whoever waits for a connection hears that a corrected Secret has replaced it', async () => {
  const { connections, correct, open } = world();
  const { replaced, release } = await connections.to(source);
  release();
  await connections.renew(source);
  expect(replaced.aborted).toBe(false);
  correct('AKIA2');
  await connections.renew(source);
  await settled();
  expect([replaced.aborted, open()]).toEqual([true, 1]);
});

test('nothing is opened for a source that is not in use here, and nothing stays for one that is gone', async () => {
  const { connections, open, opened } = world();
  await connections.renew(source);
  expect(opened()).toBe(0);
  (await connections.to(source)).release();
  connections.drop('source-1');
  await settled();
  expect(open()).toBe(0);
});
