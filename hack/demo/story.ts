import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { annotations } from '../../src/api/annotations.ts';
import { type IngestionFile, titleOf } from '../../src/api/ingestionfile.ts';
import { type Reason, reasons } from '../../src/api/reasons.ts';
import { count, counted } from '../../src/cli/terminal/words.ts';
import type { Seen } from './cluster.ts';
import { bucket, mistyped, names, platform, platformSource, secret, sources } from './manifests.ts';
import { tickets, type Upload } from './sample/bucket.ts';
import type { SpanId } from './sample/spans.ts';
import type { Screen } from './screen.ts';
import type { Stack } from './stack.ts';

export type Scene = { readonly stack: Stack; readonly screen: Screen; readonly folder: string; readonly signal: AbortSignal };

const READ_MS = 2_500;

/** From the first source to the last span, as a person would live through it. */
export async function tell(scene: Scene): Promise<void> {
  await fourSources(scene);
  await oneTrace(scene);
  await brokenFile(scene);
  await archivedFile(scene);
  await wrongSecret(scene);
  await tracePlatform(scene);
}

async function fourSources({ stack, screen, signal }: Scene): Promise<void> {
  const { cluster, contents, reader, s3 } = stack;
  screen.act('Four teams write traces into a bucket');
  screen.command('kubectl apply -f sources.yaml');
  const secrets = [secret('s3-keys', reader), secret('billing-keys', mistyped(reader))];
  await cluster.kubectl(['apply', '-f', '-'], ...secrets, ...sources(s3));
  screen.command('kubectl get ingestionsources,ingestionfiles');
  await screen.watch({
    look: stack.look,
    signal,
    name: 'found and ferried',
    until: (seen) => {
      const [checkout, travel, billing, support] = Object.values(names).map((name) => sourceIn(seen, name));
      const isDone =
        checkout?.files?.completed === 3 &&
        checkout.files.failed === 2 &&
        travel?.files?.completed === 3 &&
        support?.files?.completed === tickets;
      const isRefused = billing?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'False');
      return isDone && isRefused === true && arrival(stack, contents.uploads);
    },
  });
  screen.aside(`The ${tickets} tickets are small files: they share a record, and their spans share a request.`);
  await screen.pause(READ_MS, signal);
}

async function oneTrace({ stack, screen, folder, signal }: Scene): Promise<void> {
  const { key, body } = stack.contents.shown;
  const path = join(folder, basename(key));
  writeFileSync(path, body);
  screen.act('What was in one of these files');
  screen.command(`spanferry view ${basename(key)}`);
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'view', path], {
    stdio: ['ignore', 'inherit', 'inherit'],
    signal,
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`spanferry view ended with ${code}`);
  await screen.pause(2 * READ_MS, signal);
}

async function brokenFile({ stack, screen, signal }: Scene): Promise<void> {
  const { contents, s3 } = stack;
  const { key, corrected } = contents.broken;
  screen.act('One file is broken');
  explain(screen, recordOf(await stack.look(), key, 'Failed'));
  await screen.pause(READ_MS, signal);
  screen.aside('So the team mends its writer and uploads the file again. New content under an old key is a new file:');
  screen.command(`aws s3 cp ${basename(key)} s3://${bucket}/${key}`);
  s3.put(bucket, key, corrected);
  await annotate(stack, screen, `isrc ${names.checkout}`, annotations.scan);
  await screen.watch({
    look: stack.look,
    signal,
    name: 'ferried',
    only: key,
    until: (seen) => recordOf(seen, key, 'Completed') !== undefined && arrival(stack, [uploadOf(stack, key)]),
  });
  await screen.pause(READ_MS, signal);
}

async function archivedFile({ stack, screen, signal }: Scene): Promise<void> {
  const { key, body } = stack.contents.archived;
  screen.act('Another one was archived');
  const record = recordOf(await stack.look(), key, 'Failed');
  explain(screen, record);
  await screen.pause(READ_MS, signal);
  screen.aside('It is restored, and the record is asked to try again:');
  screen.command(`aws s3api restore-object --bucket ${bucket} --key ${key} …`);
  stack.s3.put(bucket, key, body);
  await annotate(stack, screen, `ifile ${record?.metadata.name}`, annotations.retry);
  await screen.watch({
    look: stack.look,
    signal,
    name: 'ferried',
    only: key,
    until: (seen) => recordOf(seen, key, 'Completed') !== undefined && arrival(stack, [uploadOf(stack, key)]),
  });
  await screen.pause(READ_MS, signal);
}

async function wrongSecret({ stack, screen, signal }: Scene): Promise<void> {
  const { cluster, contents, reader } = stack;
  screen.act('And one team has mistyped its key');
  const ready = sourceIn(await stack.look(), names.billing)?.conditions?.find(({ type }) => type === 'Ready');
  screen.say(names.billing, '  ', screen.paint.bold);
  screen.say(ready?.message, '  ', screen.paint.red);
  await screen.pause(READ_MS, signal);
  screen.aside('No file has used up a retry. With the right key in the Secret everything flows by itself; a test saves the wait:');
  screen.command('kubectl apply -f billing-keys.yaml');
  await cluster.kubectl(['apply', '-f', '-'], secret('billing-keys', reader));
  await annotate(stack, screen, `isrc ${names.billing}`, annotations.test);
  await screen.watch({
    look: stack.look,
    signal,
    name: 'everything is there',
    until: (seen) => {
      const done = Object.values(names).reduce((sum, name) => sum + (sourceIn(seen, name)?.files?.completed ?? 0), 0);
      return done === contents.uploads.length && absent(stack, spansOf(contents.uploads)).length === 0 && arrival(stack, contents.uploads);
    },
  });
}

async function tracePlatform({ stack, screen, signal }: Scene): Promise<void> {
  const { cluster, platform: at } = stack;
  screen.act('A fifth team has its traces at Datadog');
  screen.say(
    'A trace platform is one more kind of store: its files are slices of time, with records, retries and a ledger like any other.',
  );
  screen.command('kubectl apply -f datadog.yaml');
  await cluster.kubectl(['apply', '-f', '-'], ...platform(at.origin));
  await screen.watch({
    look: async () => onlyOf(await stack.look(), platformSource),
    signal,
    name: 'slices are read',
    until: (seen) => {
      const { files: { completed = 0, pending = 0, processing = 0, backlog = 0 } = {} } = sourceIn(seen, platformSource) ?? {};
      const isDone = completed > 0 && pending + processing + backlog === 0 && absent(stack, at.spans).length === 0;
      return isDone && `all ${counted(at.spans.length, 'span')} of ${count(completed)} slices at the collector`;
    },
  });
}

const onlyOf = ({ sources, files }: Seen, name: string): Seen => ({
  sources: { ...sources, rows: sources.rows.filter(({ object }) => object.metadata.name === name) },
  files: { ...files, rows: files.rows.filter(({ object }) => object.spec.sourceRef.name === name) },
});

/** Spans that bucket and platform held and the collector does not have. */
export const missing = (stack: Stack): readonly SpanId[] => absent(stack, [...spansOf(stack.contents.uploads), ...stack.platform.spans]);

const spansOf = (uploads: readonly Upload[]): readonly SpanId[] => uploads.flatMap(({ spans }) => spans);

function absent({ collector }: Stack, ids: readonly SpanId[]): readonly SpanId[] {
  const arrived = collector.arrived();
  return ids.filter((id) => !arrived.has(id));
}

/** "62 of 109 spans are at the collector" */
function arrival({ collector }: Stack, uploads: readonly Upload[]): string {
  const arrived = collector.arrived();
  const spans = spansOf(uploads);
  const there = spans.filter((id) => arrived.has(id)).length;
  if (there === spans.length) return `all ${counted(there, 'span')} at the collector`;
  return `${count(there)} of ${counted(spans.length, 'span')} at the collector`;
}

const uploadOf = ({ contents }: Stack, key: string): Upload => contents.uploads.find((upload) => upload.key === key) ?? contents.archived;

const sourceIn = ({ sources }: Seen, name: string) => sources.rows.find(({ object }) => object.metadata.name === name)?.object.status;

const recordOf = ({ files }: Seen, key: string, state: IngestionFile['status']['state']): IngestionFile | undefined =>
  files.rows.find(({ object: { spec, status } }) => spec.key === key && status.state === state)?.object;

async function annotate({ cluster }: Stack, screen: Screen, what: string, annotation: string): Promise<void> {
  screen.command(`kubectl annotate ${what} ${annotation}=now`);
  await cluster.kubectl(['annotate', ...what.split(' '), `${annotation}=now`]);
}

/** What a record says, and what the table of reasons advises. */
function explain({ say, paint }: Screen, record: IngestionFile | undefined): void {
  if (!record) throw new Error('a record that was there is gone');
  const { reason = '', message = '' } = record.status;
  const remedy = reason in reasons ? reasons[reason as Reason].remedy : '';
  say(titleOf(record.spec), '  ', paint.bold);
  say(`${reason}: ${message}.`, '  ', paint.red);
  say(`What helps: ${remedy}.`, '  ');
}
