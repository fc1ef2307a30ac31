import { basename } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import about from '../../package.json' with { type: 'json' };
import { failureOf } from '../api/failure.ts';
import type { Format } from '../transcode/port.ts';
import { clusterOptions, example, oneOf, positive } from './arguments.ts';
import type { ClusterOptions } from './cluster/session.ts';
import { clusterCommands, completionCommands } from './cluster-commands.ts';
import { isFile } from './files/named.ts';
import { exitCodes, type FileOptions, formats } from './options.ts';
import { loadObjects, readingOptions, storeCommands } from './store-commands.ts';
import { clean, cleanLines } from './terminal/clean.ts';
import type { Io } from './terminal/io.ts';
import type { ViewOptions } from './view.ts';

/** What stands beside the command line and is run by it. */
export type Beside = { readonly operator: (args: readonly string[]) => Promise<number> };

/** Runs the command that the arguments name and gives its exit code. Each command is loaded when it is asked for. */
export async function program(io: Io, argv: readonly string[], { operator }: Beside): Promise<number> {
  let code: number = exitCodes.done;
  const root = new Command()
    .name(basename(argv[1] ?? '').startsWith('kubectl-') ? 'kubectl spanferry' : 'spanferry')
    .description('Ferries trace files from object stores to an OpenTelemetry collector.')
    .version(about.version, '-V, --version')
    .helpCommand('help [command]', 'show how to use a command')
    .showHelpAfterError('(add --help for how to use it)')
    .configureHelp({ helpWidth: 100 })
    .configureOutput({ writeOut: (text) => void io.out.write(text), writeErr: (text) => void io.err.write(cleanLines(text)) })
    .exitOverride();
  const ends = async (run: Promise<number>): Promise<void> => {
    code = await run;
  };

  root.commandsGroup('Trace files at hand:');
  command(root, 'validate', 'say what trace files hold and what is wrong with them')
    .argument('<file...>', 'trace files; - is standard input')
    .option('-o, --output <kind>', 'json: one object per file, for programs', oneOf('json'))
    .addHelpText('after', example('validate traces/*.json', 'validate -o json run.ndjson.gz | jq .errors'))
    .action(async (files: string[], options: FileOptions & { output?: 'json' }) => {
      const { validate } = await import('./validate.ts');
      await ends(validate(files, options, io));
    });

  command(root, 'convert', 'write a trace file as one OTLP request')
    .argument('<file>', 'a trace file; - is standard input')
    .addOption(
      new Option('--to <form>', 'protobuf (an ExportTraceServiceRequest) or json').choices(['protobuf', 'json']).default('protobuf'),
    )
    .addHelpText(
      'after',
      example(
        "convert run.json | curl -H 'content-type: application/x-protobuf' --data-binary @- http://localhost:4318/v1/traces",
        'convert --to json monocle_trace_x.ndjson',
      ),
    )
    .action(async (file: string, options: FileOptions & { to: 'protobuf' | 'json' }) => {
      const { convert } = await import('./convert.ts');
      await ends(convert(file, options, io));
    });

  readingOptions(clusterOptions(command(root, 'view', 'draw the traces of a file in the terminal, at hand or in the store of a source')))
    .argument('<file-or-source>', 'a trace file (- is standard input), or the name of a source')
    .argument('[key]', 'key of a file of that source')
    .option('--trace <id>', 'only this trace; the beginning of its id is enough', traceId)
    .option('--limit <n>', 'so many of the newest traces', positive, 20)
    .option('--html <file>', 'write one page with a waterfall to zoom into; - is standard output')
    .option('--full', 'every span, and prompts and answers in full', false)
    .option('-o, --output <kind>', 'json: one object per trace, for programs', oneOf('json'))
    .addHelpText(
      'after',
      example(
        'view run.json',
        'view --full --trace 5b8e traces.json.gz | less -R',
        'view run.json --html run.html',
        'view checkout-agents agents/prod/a.json',
      ),
    )
    .action(async (file: string, key: string | undefined, options: ClusterOptions & ViewOptions) => {
      if (key !== undefined && isFile(file)) {
        await io.err.write(`spanferry: view takes one file; after the name of a source it takes a key, but ${clean(file)} is a file\n`);
        return ends(Promise.resolve(exitCodes.usage));
      }
      if (key !== undefined) return ends((await loadObjects()).view(file, key, options, io));
      const { view } = await import('./view.ts');
      return ends(view(file, options, io));
    });

  root.commandsGroup('With a cluster:');
  clusterCommands(root, io, ends);
  storeCommands(root, io, ends);

  root.commandsGroup('For shells:');
  completionCommands(root, io, ends);

  root.commandsGroup('In a cluster:');
  root
    .command('operator')
    .description('run the operator in a cluster; `operator --help` lists its flags')
    .argument('[flags...]')
    .helpOption(false)
    .allowUnknownOption()
    .action((flags: string[]) => ends(operator(flags)));

  try {
    await root.parseAsync([...argv]);
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (isMissingOperator(thrown)) {
      await io.err.write('spanferry: the operator is not part of this copy: operator.mjs should lie beside spanferry.mjs\n');
      return exitCodes.no;
    }
    await io.err.write(`spanferry: this is a mistake of spanferry's own; please report it: ${clean(failureOf(thrown).message)}\n`);
    return exitCodes.no;
  }
}

/** The command is one file that can be copied alone; the operator is another one beside it. */
const isMissingOperator = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND' && /operator\.mjs/.test(thrown.message);

/** A command with the options that every one has. */
const command = (root: Command, name: string, description: string): Command =>
  root
    .command(name)
    .description(description)
    .option('--format <format>', 'auto, otlp or monocle', format, 'Auto')
    .option('--max-expansion-ratio <n>', 'bytes that may come out of a compressed byte (default: 200)', positive);

function format(value: string): Format {
  const found = formats[value.toLowerCase()];
  if (!found) throw new InvalidArgumentError('It is auto, otlp or monocle.');
  return found;
}

function traceId(value: string): string {
  if (!/^[0-9a-f]{1,32}$/i.test(value)) throw new InvalidArgumentError('It is the beginning of a trace id in hex.');
  return value;
}
