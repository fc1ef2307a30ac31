import { basename, join } from 'node:path';
import { count } from '../../src/cli/terminal/words.ts';
import { bucket, names } from './manifests.ts';
import { prefixes } from './sample/bucket.ts';
import type { Scene } from './story.ts';

/** What to try next, ready to be copied. */
export function farewell({ stack, screen, folder }: Scene): void {
  const { kubeconfig, binaries, s3, keys, contents } = stack;
  const shown = join(folder, basename(contents.shown.key));
  const group = (title: string, ...commands: readonly string[]): void => {
    screen.say(title);
    for (const command of commands) process.stdout.write(`  ${screen.paint.cyan(command)}\n`);
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
  group(
    'Upload a file and see it arrive here:',
    `curl --aws-sigv4 aws:amz:${s3.region}:s3 --user '${keys.writer.accessKeyId}:${keys.writer.secretAccessKey}' \\`,
    `  -T ${shown} ${s3.endpoint}/${bucket}/${prefixes.checkout}mine.json`,
  );
  group(
    'Ask for something:',
    `kubectl annotate isrc ${names.travel} spanferry.io/test=$RANDOM --overwrite`,
    `kubectl patch isrc ${names.checkout} --type merge -p '{"spec":{"suspend":true}}'`,
  );
}

/** The sum, in a line. */
export function summary({ stack, screen }: Pick<Scene, 'stack' | 'screen'>, seconds: number): void {
  const arrived = stack.collector.arrived();
  const twice = [...arrived.values()].filter((times) => times > 1).length;
  const expected = stack.contents.uploads.reduce((sum, { spans }) => sum + spans.length, 0);
  screen.say();
  screen.say(
    screen.paint.bold(
      `Every span arrived: ${count(expected)} expected, each looked up by its id${twice > 0 ? `, ${count(twice)} more than once` : ''}. ${seconds.toFixed(0)} s in all.`,
    ),
  );
}
