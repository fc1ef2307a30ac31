import { basename, join } from 'node:path';
import { count, counted } from '../../src/cli/terminal/words.ts';
import { names } from './manifests.ts';
import type { Scene } from './story.ts';

/** What is at the collector in the end. */
export function summary({ stack, screen }: Pick<Scene, 'stack' | 'screen'>, seconds: number): void {
  const arrived = [...stack.collector.arrived().values()];
  const expected = stack.contents.uploads.reduce((sum, { spans }) => sum + spans.length, stack.platform.spans.length);
  const repeated = arrived.filter(({ times }) => times > 1).length;
  screen.act('At the collector');
  for (const [service, spans] of Object.entries(Object.groupBy(arrived, (span) => span.service))) {
    screen.say(`${count(spans?.length ?? 0).padStart(6)}  ${service}`);
  }
  screen.say();
  const more = repeated > 0 ? `, ${count(repeated)} more than once` : '';
  screen.say(
    `All of ${counted(expected, 'span')} arrived, each looked up by its id${more}. ${seconds.toFixed(0)} s in all.`,
    '',
    screen.paint.bold,
  );
}

export const inboxOf = (folder: string): string => join(folder, 'upload');

/** What to try next, ready to be copied. */
export function farewell({ stack, screen, folder }: Scene): void {
  const { kubeconfig, binaries, contents } = stack;
  const shown = join(folder, basename(contents.shown.key));
  const group = (title: string, ...commands: readonly string[]): void => {
    screen.say(title);
    for (const command of commands) screen.command(command, '  ');
    screen.say();
  };
  screen.act('Your turn');
  group('In another terminal:', `export KUBECONFIG=${kubeconfig}`, `export PATH="${binaries}:$PATH"`);
  group(
    'Look around:',
    'kubectl get isrc,ifile',
    `kubectl describe isrc ${names.billing}`,
    'kubectl get ifile --field-selector status.state=Failed',
    'kubectl explain isrc.spec.scan',
  );
  group('Copy a trace file into this folder: it is uploaded, and seen to arrive below.', `cp ${shown} ${inboxOf(folder)}/mine.json`);
  group(
    'Ask for something:',
    `kubectl annotate isrc ${names.travel} spanferry.io/test=$RANDOM --overwrite`,
    `kubectl patch isrc ${names.checkout} --type merge -p '{"spec":{"suspend":true}}'`,
  );
}
