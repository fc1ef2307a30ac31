import { Argument, type Command } from 'commander';
import { clusterOptions, example, oneOf, several, severalOf, time } from './arguments.ts';
import type { FilesOptions } from './cluster/files.ts';
import type { ForgetOptions } from './cluster/forget.ts';
import type { Form } from './cluster/output.ts';
import type { ForceOptions, RetryOptions } from './cluster/retry.ts';
import type { ScanOptions } from './cluster/scan.ts';
import type { ClusterOptions } from './cluster/session.ts';
import type { SourceChoice } from './cluster/sources.ts';
import type { StatusOptions } from './cluster/status.ts';
import type { TestOptions } from './cluster/test.ts';
import type { VersionOptions } from './cluster/version.ts';
import type { WaitOptions } from './cluster/wait.ts';
import { completionOf, completionScripts, type Shell } from './completion.ts';
import { exitCodes } from './options.ts';
import type { Io } from './terminal/io.ts';

type With<Options> = ClusterOptions & Options;
type Ends = (run: Promise<number>) => Promise<void>;

/** All that talks to a cluster is a part of its own, loaded when the first of its commands is asked for. */
const load = async () => (await import('./cluster/cluster.ts')).cluster;

/** Declares the commands that look at a cluster, and those that make its operator do something. */
export function clusterCommands(root: Command, io: Io, ends: Ends): void {
  looking(root, io, ends);
  asking(root, io, ends);
}

const output = (command: Command, ...forms: readonly Form[]): Command =>
  command.option('-o, --output <form>', `for programs and the curious: ${forms.join(', ')}`, oneOf(...forms));

/** Which sources: by name, by label, or all of them. */
const chosen = (command: Command): Command =>
  command
    .argument('[source...]', 'names of sources')
    .option('-l, --selector <labels>', 'sources with these labels')
    .option('-A, --all-namespaces', 'sources of all namespaces');

function looking(root: Command, io: Io, ends: Ends): void {
  output(
    chosen(
      clusterOptions(
        root.command('status').description('show how sources stand: trouble with its remedy, backlog, last scan and failures'),
      ),
    ),
    'json',
    'yaml',
    'wide',
    'name',
  )
    .option('-w, --watch', 'redraw every two seconds', false)
    .addHelpText(
      'after',
      example('status', 'status checkout-agents --watch', 'status -A -l team=shop', 'status checkout-agents -o json | jq .status.files'),
    )
    .action(async (names: string[], options: With<StatusOptions>) => ends((await load()).status(names, options, io)));

  output(clusterOptions(root.command('files').description('show the files of a source, one by one')), 'json', 'yaml', 'wide', 'name')
    .argument('<source>', 'name of a source')
    .option('--state <states>', 'Pending, Processing, Completed, Failed', severalOf('Pending', 'Processing', 'Completed', 'Failed'))
    .option('--reason <reasons>', 'such as InvalidJSON', several)
    .option('--key <glob>', 'glob on the whole key')
    .option('--since <time>', 'only files that something happened to in this time, such as 2h', time)
    .option('--sort <by>', 'time, key, size, spans or state', oneOf('time', 'key', 'size', 'spans', 'state'), 'time')
    .addHelpText(
      'after',
      example('files checkout-agents --state Failed', "files checkout-agents --key '**/2026/11/**' --since 1d --sort size -o wide"),
    )
    .action(async (name: string, options: With<FilesOptions>) => ends((await load()).files(name, options, io)));

  output(
    clusterOptions(
      root.command('version').description('show the versions of the command, the cluster and its kinds, and whether an operator is alive'),
    ),
    'json',
    'yaml',
  )
    .addHelpText('after', example('version', 'version -o json'))
    .action(async (options: With<VersionOptions>) => ends((await load()).version(options, io)));
}

/** Which sources are to be changed: never all of them by leaving something out. */
const changed = (command: Command): Command => chosen(command).option('--all', 'all sources of the namespace', false);

const waiting = (command: Command): Command => command.option('--timeout <time>', 'how long to wait for the operator', time, '30s');

function asking(root: Command, io: Io, ends: Ends): void {
  output(
    waiting(
      changed(
        clusterOptions(
          root
            .command('test')
            .description('have the connection of a source tested: who the store says we are, files that match, or what is wrong'),
        ),
      ),
    ),
    'json',
    'yaml',
  )
    .addHelpText('after', example('test checkout-agents', 'test --all -n ml-platform'))
    .action(async (names: string[], options: With<TestOptions>) => ends((await load()).test(names, options, io)));

  waiting(changed(clusterOptions(root.command('scan').description('have everything of a source listed now'))))
    .option('--no-wait', 'only ask')
    .addHelpText('after', example('scan checkout-agents', 'scan -l team=shop --no-wait'))
    .action(async (names: string[], options: With<ScanOptions>) => ends((await load()).scan(names, options, io)));

  waiting(clusterOptions(root.command('retry').description('have failed files tried again')))
    .argument('<source>', 'name of a source')
    .argument('[key...]', 'keys of failed files')
    .option('--all-failed', 'every file that failed, also those whose records are gone', false)
    .option('--reason <reasons>', 'files that failed with this reason', several)
    .addHelpText(
      'after',
      example(
        'retry checkout-agents agents/prod/a.json',
        'retry checkout-agents --reason RefusedByDestination',
        'retry checkout-agents --all-failed',
      ),
    )
    .action(async (name: string, keys: string[], options: With<RetryOptions>) => ends((await load()).retry(name, keys, options, io)));

  clusterOptions(root.command('force').description('have completed files ingested again'))
    .argument('<source>', 'name of a source')
    .argument('<key...>', 'keys of completed files')
    .option('--whole-pack', 'also the small files that travelled together with it', false)
    .addHelpText('after', example('force checkout-agents agents/prod/a.json'))
    .action(async (name: string, keys: string[], options: With<ForceOptions>) => ends((await load()).force(name, keys, options, io)));

  changed(clusterOptions(root.command('suspend').description('stop scanning and ferrying; nothing is lost')))
    .addHelpText('after', example('suspend checkout-agents'))
    .action(async (names: string[], options: With<SourceChoice>) => ends((await load()).suspend(names, options, io)));

  changed(clusterOptions(root.command('resume').description('go on with a source that was suspended')))
    .addHelpText('after', example('resume checkout-agents', 'resume --all'))
    .action(async (names: string[], options: With<SourceChoice>) => ends((await load()).resume(names, options, io)));

  clusterOptions(root.command('wait').description('wait until a source was scanned, or until nothing of it is left to do'))
    .argument('<source>', 'name of a source')
    .requiredOption('--for <what>', 'done or scanned', oneOf('done', 'scanned'))
    .option('--timeout <time>', 'how long to wait', time, '10m')
    .addHelpText('after', example('wait checkout-agents --for done --timeout 15m'))
    .action(async (name: string, options: With<WaitOptions>) => ends((await load()).wait(name, options, io)));

  waiting(clusterOptions(root.command('forget').description('start over: forget what was ingested, so that every file is ingested again')))
    .argument('<source>', 'name of a source')
    .option('--yes', 'do not ask', false)
    .addHelpText('after', example('forget checkout-agents'))
    .action(async (name: string, options: With<ForgetOptions>) => ends((await load()).forget(name, options, io)));
}

/** Declares what shells ask when somebody presses the tabulator. */
export function completionCommands(root: Command, io: Io, ends: Ends): void {
  root
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', example('completion bash', 'completion fish | source'))
    .addHelpText('after', '\n  source <(spanferry completion bash)')
    .action((shell: Shell) => ends(print(completionScripts[shell], io)));

  root
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const found = completionOf(root, words);
      if ('words' in found) return ends(print(found.words.map((word) => `${word}\n`).join(''), io));
      // A shell shows nothing where a cluster cannot be asked.
      const out = {
        ...io.out,
        write: async (line: string | Uint8Array) =>
          String(line).startsWith(found.begin) ? io.out.write(`${found.glued}${line}`) : undefined,
      };
      return ends((await load()).names(found.names, found.said, { ...io, out, err: { ...io.err, write: async () => {} } }));
    });
}

async function print(text: string, { out }: Io): Promise<number> {
  await out.write(text);
  return exitCodes.done;
}
