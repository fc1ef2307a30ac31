import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { annotations, type Trigger } from '../../../src/api/annotations.ts';
import { conditionTypes } from '../../../src/api/conditions.ts';
import { type Fault, faults } from '../../support/collector-stub.ts';
import { eventually } from '../../support/eventually.ts';
import type { Revision } from '../../support/follow.ts';
import { type SeenEvent, type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

// Everything that is shown of a source and of a record, each with the scene in which it changes for its cause. What the CRDs have and no row here
// names, or what a row names and nobody saw change, fails.

let scene: Stage;
/** What goes wrong at the path that a source has to itself. */
const trouble = new Map<string, Fault>();
/** Events by the source they regard, in the order in which they were told. */
const told = new Map<string, readonly SeenEvent[]>();

const path = (source: string) => `/${source}/v1/traces`;
const ownPath = (source: string) => ({ destination: { endpoint: `${scene.collector.url}/${source}` } });
const old = () => Date.now() - 3_600_000;
const handled = (name: string, trigger: 'scan' | 'test' | 'retryFailed' | 'acceptLedger', token: string) =>
  eventually(
    () => scene.get(name),
    ({ status }) => status.handled?.[trigger] === token,
  );
const ask = async (name: string, trigger: 'scan' | 'test' | 'retryFailed' | 'acceptLedger', token = `${trigger}-1`) => {
  await scene.ask('ingestionsources', name, trigger, token);
  await handled(name, trigger, token);
};
/** Many scenes at a time, some of which have to wait by themselves. */
const settled = (name: string, { completed = 0, failed = 0 }: { readonly completed?: number; readonly failed?: number }) =>
  eventually(
    () => scene.get(name),
    ({ status: { files } }) => files?.completed === completed && files.failed === failed,
    90_000,
  );

/** A source that is suspended after two requests for its only record, and resumed once the record says how far it has come. */
async function stopAfterTwoRequests(name: string): Promise<void> {
  const { promise: stopped, resolve: isStopped } = Promise.withResolvers<void>();
  const { promise: third, resolve: isThird } = Promise.withResolvers<void>();
  let requests = 0;
  trouble.set(path(name), async () => {
    if (++requests <= 2) return undefined;
    isThird();
    await stopped;
    return undefined;
  });
  await scene.source(name, ownPath(name));
  await third;
  await scene.edit(name, { suspend: true });
  await eventually(
    () => scene.files(name),
    (records) => records.some(({ status }) => status.state === 'Pending' && status.checkpoint?.batches === 2),
  );
  isStopped();
  await scene.edit(name, { suspend: false });
}

/** The scenes, by the name of the source that plays in each. They play at the same time. */
const scenes = {
  plain: async () => {
    scene.put('plain/good.json', agentFile(2, 'checkout', { 'application.id': '5f4dcc3b' }).text);
    scene.put('plain/broken.json', '{"resourceSpans":[{]}', old());
    scene.put('plain/notes.txt', 'nothing');
    await scene.source('plain');
    await settled('plain', { completed: 1, failed: 1 });
    await scene.edit('plain', { scan: { modified: { since: '7d' } } });
    await eventually(
      () => scene.get('plain'),
      ({ status }) => status.modifiedAfter !== undefined,
    );
    await ask('plain', 'test');
    await ask('plain', 'scan');
    await ask('plain', 'retryFailed');
    await settled('plain', { completed: 1, failed: 1 });
  },
  asked: async () => {
    scene.put('asked/good.json', agentFile(2).text);
    scene.put('asked/broken.json', '{"resourceSpans":[{]}', old());
    await scene.source('asked');
    await settled('asked', { completed: 1, failed: 1 });
    for (const [key, trigger] of [
      ['asked/good.json', 'force'],
      ['asked/broken.json', 'retry'],
    ] as const) {
      const { metadata } = (await scene.file(key)) ?? {};
      await scene.ask('ingestionfiles', metadata?.name ?? '', trigger, `${trigger}-1`);
      await scene.recorded(key, { attempts: 2, state: trigger === 'force' ? 'Completed' : 'Failed' });
    }
  },
  tried: async () => {
    scene.put('tried/cut.json', agentFile(9).text.slice(0, 900));
    await scene.source('tried', { retry: { maxRetries: 1 } });
    await settled('tried', { failed: 1 });
  },
  refused: async () => {
    trouble.set(path('refused'), faults.partialSuccess(1, 'one span is too old'));
    scene.put('refused/a.json', agentFile(3).text);
    await scene.source('refused', ownPath('refused'));
    await settled('refused', { completed: 1 });
  },
  asleep: async () => {
    await scene.source('asleep', { suspend: true });
    await scene.condition('asleep', 'Ready', { status: 'True', reason: 'Suspended' });
    await scene.edit('asleep', { suspend: false });
    await scene.condition('asleep', 'Ready', { status: 'True', reason: 'NoData' });
    await scene.edit('asleep', { suspend: true });
    await scene.condition('asleep', 'Ready', { status: 'True', reason: 'Suspended' });
  },
  locked: async () => {
    const { accessKeyId, secretAccessKey } = scene.reader;
    await scene.secret('locked', { accessKeyId, secretAccessKey: 'wrong' });
    await scene.source('locked', {}, { auth: { type: 'AccessKey', accessKeySecretRef: { name: 'locked' } } });
    await scene.condition('locked', 'StoreReady', { status: 'False', reason: 'SignatureDoesNotMatch' });
    await ask('locked', 'test');
    await scene.secret('locked', { accessKeyId, secretAccessKey });
    await ask('locked', 'test', 'test-2');
    await scene.condition('locked', 'Ready', { status: 'True' });
  },
  outage: async () => {
    trouble.set(path('outage'), faults.status(503, 'restarting', { 'retry-after': '1' }));
    for (let n = 0; n < 60; n++) scene.put(`outage/${n}.json`, agentFile(250).text);
    await scene.source('outage', ownPath('outage'));
    await scene.condition('outage', 'DestinationReady', { status: 'False', reason: 'DestinationUnavailable' });
    trouble.delete(path('outage'));
    await settled('outage', { completed: 60 });
    await scene.condition('outage', 'Ready', { status: 'True' });
  },
  slow: async () => {
    const { promise: seen, resolve: isSeen } = Promise.withResolvers<void>();
    trouble.set(path('slow'), faults.slow(seen));
    scene.put('slow/a.json', agentFile(2).text);
    await scene.source('slow', ownPath('slow'));
    await scene.recorded('slow/a.json', { state: 'Processing' });
    isSeen();
    await settled('slow', { completed: 1 });
  },
  stopped: async () => {
    scene.put('stopped/long.json', agentFile(6_000).text);
    await stopAfterTwoRequests('stopped');
    await settled('stopped', { completed: 1 });
  },
  packed: async () => {
    for (let n = 0; n < 40; n++) scene.put(`packed/${`${n}`.padStart(2, '0')}.json`, agentFile(200).text);
    scene.put('packed/07.json', '{"resourceSpans": [', old());
    scene.s3.fault({ kind: 'deleted', on: 'GetObject', key: 'packed/11.json', times: 1 });
    await stopAfterTwoRequests('packed');
    await settled('packed', { completed: 38, failed: 2 });
  },
  forgotten: async () => {
    scene.put('forgotten/a.json', agentFile(1).text);
    await scene.source('forgotten');
    await settled('forgotten', { completed: 1 });
    const [segment] = await scene.ledgers('forgotten');
    await scene.remove('ingestionledgers', segment?.metadata.name ?? '');
    await scene.ask('ingestionsources', 'forgotten', 'scan', 'scan-1');
    await scene.condition('forgotten', 'Stalled', { status: 'True', reason: 'LedgerIncomplete' });
    await ask('forgotten', 'acceptLedger');
    await scene.condition('forgotten', 'Ready', { status: 'True' });
  },
} as const satisfies Readonly<Record<string, () => Promise<void>>>;

/** The last scene: a worker dies with a file in its hands. */
async function orphaned(worker: Awaited<ReturnType<Stage['start']>>): Promise<void> {
  const { promise: died, resolve: isDead } = Promise.withResolvers<void>();
  trouble.set(path('orphaned'), faults.slow(died));
  scene.put('orphaned/a.json', agentFile(2).text);
  await scene.source('orphaned', ownPath('orphaned'));
  await scene.recorded('orphaned/a.json', { state: 'Processing' });
  await worker.kill();
  isDead();
  await scene.start(['--role', 'worker']);
  await settled('orphaned', { completed: 1 });
}

beforeAll(async () => {
  scene = await stage();
  scene.collector.always((asked) => trouble.get(asked.path)?.(asked));
  await scene.start(['--role', 'manager', '--sts-endpoint', scene.s3.endpoint]);
  const worker = await scene.start(['--role', 'worker', '--max-batch-bytes', '65536']);
  await Promise.all(Object.values(scenes).map((play) => play()));
  await orphaned(worker);
  for (const name of Object.keys(scenes)) told.set(name, await scene.events(name));
}, 240_000);
afterAll(() => scene.close());

type Scene = keyof typeof scenes | 'orphaned';
type Row = readonly [what: string, source: Scene];

const ofSource: readonly Row[] = [
  ['observedGeneration', 'plain'],
  ['conditions', 'plain'],
  ['location', 'plain'],
  ['identity', 'plain'],
  ['modifiedAfter', 'plain'],
  ['files.pending', 'outage'],
  ['files.processing', 'slow'],
  ['files.completed', 'plain'],
  ['files.failed', 'plain'],
  ['files.backlog', 'outage'],
  ['totals.files', 'plain'],
  ['totals.spans', 'plain'],
  ['totals.bytes', 'plain'],
  ['totals.rejectedSpans', 'refused'],
  ['totals.retries', 'tried'],
  ['lastCompletionTime', 'plain'],
  ['lastFailureTime', 'plain'],
  ['lastScan.startTime', 'plain'],
  ['lastScan.completionTime', 'plain'],
  ['lastScan.listed', 'plain'],
  ['lastScan.matched', 'plain'],
  ['lastScan.new', 'plain'],
  ['lastScan.skipped', 'plain'],
  ['lastTest.token', 'locked'],
  ['lastTest.time', 'locked'],
  ['lastTest.ok', 'locked'],
  ['lastTest.filesFound', 'locked'],
  ['lastTest.reason', 'locked'],
  ['lastTest.message', 'locked'],
  ['recentFailures', 'plain'],
  ['handled.scan', 'plain'],
  ['handled.test', 'plain'],
  ['handled.retryFailed', 'plain'],
  ['handled.acceptLedger', 'forgotten'],
  ['ledger.entries', 'plain'],
  ['ledger.segments', 'plain'],
];

const ofRecord: readonly Row[] = [
  ['state', 'plain'],
  ['reason', 'plain'],
  ['message', 'plain'],
  ['attempts', 'tried'],
  ['retries', 'tried'],
  ['workersLost', 'orphaned'],
  ['nextAttemptTime', 'tried'],
  ['files', 'packed'],
  ['returned', 'packed'],
  ['unread', 'packed'],
  ['packSpans', 'packed'],
  ['spans', 'plain'],
  ['rejectedSpans', 'refused'],
  ['bytes', 'plain'],
  ['requests', 'plain'],
  ['startTime', 'plain'],
  ['completionTime', 'plain'],
  ['firstSpanTime', 'plain'],
  ['lastSpanTime', 'plain'],
  ['services', 'plain'],
  ['applicationIds', 'plain'],
  ['warnings', 'refused'],
  ['checkpoint.batches', 'stopped'],
  ['checkpoint.files', 'packed'],
  ['checkpoint.spans', 'stopped'],
  ['checkpoint.rejectedSpans', 'stopped'],
  ['checkpoint.fingerprint', 'stopped'],
  ['checkpoint.time', 'stopped'],
  ['handled.retry', 'asked'],
  ['handled.force', 'asked'],
];

/** Conditions with every value and the most telling reasons. */
const conditions: readonly (readonly [type: string, status: string, reason: string, source: Scene])[] = [
  ['Ready', 'Unknown', 'Scanning', 'plain'],
  ['Ready', 'True', 'Flowing', 'plain'],
  ['Ready', 'True', 'NoData', 'asleep'],
  ['Ready', 'True', 'Suspended', 'asleep'],
  ['Ready', 'False', 'DestinationUnavailable', 'outage'],
  ['Ready', 'False', 'SignatureDoesNotMatch', 'locked'],
  ['Reconciling', 'True', 'Scanning', 'plain'],
  ['Reconciling', 'True', 'DestinationUnavailable', 'outage'],
  ['Stalled', 'True', 'SignatureDoesNotMatch', 'locked'],
  ['Stalled', 'True', 'LedgerIncomplete', 'forgotten'],
  ['StoreReady', 'True', 'Reachable', 'plain'],
  ['StoreReady', 'False', 'SignatureDoesNotMatch', 'locked'],
  ['DestinationReady', 'True', 'Reachable', 'plain'],
  ['DestinationReady', 'False', 'DestinationUnavailable', 'outage'],
];

const events: readonly (readonly [type: SeenEvent['type'], reason: string, source: Scene])[] = [
  ['Normal', 'ScanCompleted', 'plain'],
  ['Normal', 'TestSucceeded', 'plain'],
  ['Warning', 'TestFailed', 'locked'],
  ['Normal', 'Suspended', 'asleep'],
  ['Normal', 'Resumed', 'asleep'],
  ['Warning', 'SignatureDoesNotMatch', 'locked'],
  ['Normal', 'Recovered', 'locked'],
  ['Warning', 'DestinationUnavailable', 'outage'],
  ['Warning', 'LedgerIncomplete', 'forgotten'],
];

const triggers: Readonly<Record<Trigger, Scene>> = {
  scan: 'plain',
  test: 'plain',
  retryFailed: 'plain',
  acceptLedger: 'forgotten',
  retry: 'asked',
  force: 'asked',
};

/** The value at a path such as "files.pending", as text. */
const at = (status: object, what: string): string =>
  JSON.stringify(what.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], status)) ??
  'nothing';

/** All values that one and the same object had there, in order. */
function valuesAt<T extends { readonly metadata: { readonly uid?: string }; readonly status: object }>(
  revisions: readonly Revision<T>[],
  what: string,
): readonly (readonly string[])[] {
  const lives = Map.groupBy(revisions, ({ object }) => object.metadata.uid);
  return [...lives.values()].map((life) => life.map(({ object }) => at(object.status, what)));
}

const changes = (values: readonly string[]): boolean => new Set(values).size > 1;
const sourcesOf = (name: string) => scene.followed.sources.filter(({ object }) => object.metadata.name === name);
const recordsOf = (name: string) => scene.followed.records.filter(({ object }) => object.spec.sourceRef.name === name);

type Schema = { readonly type?: string; readonly properties?: Readonly<Record<string, Schema>> };

/** Paths of everything below `status` in a CRD. What is in a list changes with the list. */
function pathsIn(plural: string): readonly string[] {
  const crd = parse(readFileSync(new URL(`../../../crds/spanferry.io_${plural}.yaml`, import.meta.url), 'utf8'));
  const leaves = ({ properties }: Schema, prefix = ''): readonly string[] =>
    Object.entries(properties ?? {}).flatMap(([name, schema]) =>
      schema.properties ? leaves(schema, `${prefix}${name}.`) : [`${prefix}${name}`],
    );
  return leaves(crd.spec.versions[0].schema.openAPIV3Schema.properties.status);
}

describe('status.X of a source changes in its scene', () => {
  test.each(ofSource)('%s: %s', (what, source) => {
    expect(valuesAt(sourcesOf(source), what).some(changes)).toBe(true);
  });

  test('no field is left out', () => {
    expect(ofSource.map(([what]) => what).sort()).toEqual([...pathsIn('ingestionsources')].sort());
  });
});

describe('status.X of a record changes in its scene', () => {
  test.each(ofRecord)('%s: %s', (what, source) => {
    expect(valuesAt(recordsOf(source), what).some(changes)).toBe(true);
  });

  test('no field is left out', () => {
    expect(ofRecord.map(([what]) => what).sort()).toEqual([...pathsIn('ingestionfiles')].sort());
  });

  test('it goes from Pending over Processing to its end, and back only where somebody asks', () => {
    const states = (name: string) => valuesAt(recordsOf(name), 'state').map((values) => values.filter((each, n) => each !== values[n - 1]));
    expect(states('slow')).toEqual([['"Pending"', '"Processing"', '"Completed"']]);
    expect(states('asked').map((each) => each.filter((state) => state !== '"Processing"'))).toEqual(
      expect.arrayContaining([
        ['"Pending"', '"Completed"', '"Pending"', '"Completed"'],
        ['"Pending"', '"Failed"', '"Pending"', '"Failed"'],
      ]),
    );
  });
});

describe('a condition of a source comes in its scene', () => {
  test.each(conditions)('%s=%s, reason %s: %s', (type, status, reason, source) => {
    const seen = sourcesOf(source).flatMap(({ object }) => object.status.conditions ?? []);
    expect(seen.some((each) => each.type === type && each.status === status && each.reason === reason)).toBe(true);
  });

  test('no type is left out', () => {
    expect([...new Set(conditions.map(([type]) => type))].sort()).toEqual([...conditionTypes].sort());
  });

  test('Reconciling and Stalled go when it is over', () => {
    for (const [name, type] of [
      ['plain', 'Reconciling'],
      ['outage', 'Reconciling'],
      ['locked', 'Stalled'],
      ['forgotten', 'Stalled'],
    ] as const) {
      const last = sourcesOf(name).at(-1)?.object.status.conditions ?? [];
      expect([name, last.map((each) => each.type)]).toEqual([name, expect.not.arrayContaining([type])]);
    }
  });
});

describe('an event tells of a source in its scene', () => {
  test.each(events)('%s %s: %s', (type, reason, source) => {
    expect(told.get(source)?.map((each) => `${each.type} ${each.reason}`)).toContain(`${type} ${reason}`);
  });

  test('nothing else is told', () => {
    const known = new Set(events.map(([type, reason]) => `${type} ${reason}`));
    const all = [...told.values()].flat().map(({ type, reason }) => `${type} ${reason}`);
    expect(all.filter((each) => !known.has(each))).toEqual([]);
  });
});

describe('a trigger is handled in its scene: its token is echoed', () => {
  test.each(Object.entries(triggers))('%s: %s', (trigger, source) => {
    const isOfRecord = trigger === 'retry' || trigger === 'force';
    const values = isOfRecord ? valuesAt(recordsOf(source), `handled.${trigger}`) : valuesAt(sourcesOf(source), `handled.${trigger}`);
    expect(values.some((each) => each.includes(`"${trigger}-1"`))).toBe(true);
    expect(Object.keys(annotations)).toContain(trigger);
  });
});
