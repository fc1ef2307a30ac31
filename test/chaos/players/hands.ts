import { sleep } from '../../../src/std/sleep.ts';
import { collectGarbage } from '../garbage.ts';
import type { Stage } from '../stage.ts';
import { type Made, manifestOf, type Origin, origins } from '../world.ts';

/** A new key pair for the bucket; the old one stops being valid a moment after the Secret was changed, or a moment before. */
export async function rotateKeys({ world: { s3, objects, keys }, history, random }: Stage): Promise<void> {
  history.say('the keys of the bucket are rotated');
  const old = keys.current();
  const { accessKeyId, secretAccessKey } = s3.identities.addUser(`reader-${history.now()}`).credential;
  const isEarly = random.next() < 0.5;
  if (isEarly) s3.identities.expire(old);
  for (const namespace of new Set(origins.map(({ namespace }) => namespace)))
    await objects.setSecret(namespace, 's3-keys', { accessKeyId, secretAccessKey });
  keys.set(accessKeyId);
  if (!isEarly) s3.identities.expire(old);
}

/** The collector wants another token at once; the Secret follows after a while. */
export async function rotateToken({ world: { receiver, objects }, history }: Stage, ms: number): Promise<void> {
  history.say(`the token of the collector is rotated; the Secret follows after ${ms} ms`);
  const token = `token-${history.now()}`;
  receiver.expectToken(token);
  await sleep(ms);
  await objects.setSecret('team-a', 'collector', { token });
}

/** A source is deleted, the garbage collector takes its records along, and somebody applies the manifest again. */
export async function makeAnew(origin: Origin, { world, history }: Stage): Promise<void> {
  const { objects } = world;
  const end = history.disturb(`source ${origin.name} is deleted and made anew`, { source: origin.name });
  await objects.remove('ingestionsources', { metadata: origin });
  await collectGarbage(world);
  await objects.make(manifestOf(origin, world));
  end();
}

/**
 * A backup is taken, and after a while everything is deleted and restored from it as Velero does: without status, uid and owner
 * references. What was done in between is done again.
 */
export async function restore(ms: number, { world: { objects, crew }, history }: Stage): Promise<void> {
  const end = history.disturb(`backup of all objects, to be restored in ${ms} ms`);
  const backup = await objects.backup();
  await sleep(ms);
  const restoring = async () => {
    history.say(`everything is deleted, and ${backup.length} objects are restored without status`);
    await objects.clear();
    for (const object of backup) await objects.make(awake(object));
  };
  // No operator runs in a cluster that is being restored.
  const { promise: restored, resolve } = Promise.withResolvers<void>();
  const slots = crew.slots.map((slot) => slot.kill(() => restored));
  await restoring().finally(resolve);
  await Promise.all(slots);
  end();
}

/** Whoever had suspended a source when the backup was taken has let it go on since, and nobody would again. */
const awake = (object: Made): Made =>
  object.kind === 'IngestionSource' ? { ...object, spec: { ...object.spec, suspend: false } } : object;
