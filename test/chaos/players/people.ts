import { filesOf } from '../../../src/api/ingestionfile.ts';
import { identities } from '../../../src/ledger/identity.ts';
import { outcomeOf } from '../../../src/ledger/outcomes.ts';
import { sleep } from '../../../src/std/sleep.ts';
import { memoriesOf } from '../evidence.ts';
import { originOf, type Players, type Stage } from '../stage.ts';
import { bucket, origins } from '../world.ts';
import { makeAnew, restore, rotateKeys, rotateToken } from './hands.ts';

type What =
  | 'suspend'
  | 'edit'
  | 'move destination'
  | 'rotate keys'
  | 'rotate token'
  | 'delete records'
  | 'retry failed'
  | 'make anew'
  | 'restore';

/** What people do in the middle of it. */
export const people: Players<What> = {
  suspend: async ({ origin, ms }, { world, history }) => {
    const { name } = originOf(origin);
    const end = history.disturb(`${name} is suspended for ${ms} ms`, { source: name, underWay: true });
    await world.objects.edit(originOf(origin), { suspend: true });
    await sleep(ms);
    end();
    await world.objects.edit(originOf(origin), { suspend: false });
  },
  edit: ({ origin }, { world, history }) => {
    history.say(`${originOf(origin).name} is edited`);
    return world.objects.edit(originOf(origin), { description: `as of ${history.now()} ms` });
  },
  'move destination': (_fault, { world, history }) => {
    const named = origins.find(({ destination }) => destination !== undefined)!;
    history.disturb(`${named.name} gets another destination`, { source: named.name })();
    return world.objects.edit(named, { destination: { endpoint: `${world.receiver.url}/named/${history.now()}` } });
  },
  'rotate keys': (_fault, stage) => rotateKeys(stage),
  'rotate token': ({ ms }, stage) => rotateToken(stage, ms),
  'delete records': ({ share }, stage) => deleteRecords(share, stage),
  'retry failed': ({ origin }, { world, history }) => {
    history.say(`retry-failed at ${originOf(origin).name}`);
    return world.objects.ask(originOf(origin), 'retryFailed', `at ${history.now()}`);
  },
  'make anew': ({ origin }, stage) => makeAnew(originOf(origin), stage),
  restore: ({ ms }, stage) => restore(ms, stage),
};

async function deleteRecords(share: number, { world: { objects, s3 }, history, files, random }: Stage): Promise<void> {
  const doomed = (await objects.records()).filter(() => random.next() < share);
  const memories = memoriesOf(await objects.ledgers());
  const identityOf = identities({ kind: 's3', endpoint: s3.endpoint, bucket });
  history.say(`somebody deletes ${doomed.length} records`);
  for (const record of doomed) {
    const memory = memories.get(record.spec.sourceRef.name);
    for (const file of filesOf(record.spec)) {
      // A verdict that no leader has seen goes with its record, for instance while the next leader is being found.
      if (record.status.completionTime !== undefined && memory && outcomeOf(file, memory, identityOf) !== undefined) continue;
      const hit = files.find(({ key }) => key === file.key);
      history.disturb(`the record of ${file.key} is deleted, and the ledger does not know it yet`, { ...(hit && { file: hit.number }) })();
    }
    await objects.remove('ingestionfiles', record);
  }
}
