import type { Command } from 'commander';
import { clusterOptions, example, oneOf, positive, several, time } from './arguments.ts';
import type { CreateOptions } from './cluster/create.ts';
import type { ClusterOptions } from './cluster/session.ts';
import type { SourceFlags } from './create/source.ts';
import type { LsOptions } from './objects/ls.ts';
import type { PreviewOptions } from './objects/preview.ts';
import type { WhyOptions } from './objects/why.ts';
import type { Io } from './terminal/io.ts';

type With<Options> = ClusterOptions & Options;
type Ends = (run: Promise<number>) => Promise<void>;

/** All that opens a store is a part of its own, with the SDKs in it; loaded when the first of its commands is asked for. */
export const loadObjects = async () => (await import('./objects/objects.ts')).objects;

/** Whose login reads a store. */
export const readingOptions = (command: Command): Command =>
  command.option('--own-login', 'read with your own cloud login, even where the source names a Secret', false);

const forPrograms = (command: Command): Command => command.option('-o, --output <form>', 'for programs: json, yaml', oneOf('json', 'yaml'));

/** Declares the commands that look into a store, and the one that makes a source for it. */
export function storeCommands(root: Command, io: Io, ends: Ends): void {
  forPrograms(
    readingOptions(clusterOptions(root.command('ls').description('list folders and files of a source, with the state of each file'))),
  )
    .argument('<source>', 'name of a source')
    .argument('[prefix]', 'a folder such as 2026/11/, or the beginning of a key')
    .option('-r, --recursive', 'every file below it, without folders', false)
    .addHelpText('after', example('ls checkout-agents', 'ls checkout-agents 2026/11/', 'ls checkout-agents -r -o json'))
    .action(async (name: string, prefix: string | undefined, options: With<LsOptions>) =>
      ends((await loadObjects()).ls(name, prefix, options, io)),
    );

  forPrograms(
    readingOptions(clusterOptions(root.command('why').description('say what became of one file and why, from record, ledger and store'))),
  )
    .argument('<source>', 'name of a source')
    .argument('<key>', 'key of a file, with or without the prefix of the source')
    .addHelpText('after', example('why checkout-agents agents/prod/a.json'))
    .action(async (name: string, key: string, options: With<WhyOptions>) => ends((await loadObjects()).why(name, key, options, io)));

  const preview = forPrograms(
    readingOptions(
      clusterOptions(
        root.command('preview').description('show what would match and how the first files fare, without delivering anything'),
      ),
    ),
  );
  aboutSource(preview)
    .argument('[source-or-location]', 'name of a source, or a URL such as s3://bucket/prefix')
    .option('-f, --filename <file>', 'a manifest; - is standard input')
    .option('--files <n>', 'so many of the first files are read', positive, 3)
    .option('--timeout <time>', 'how long to count at most', time, '30s')
    .addHelpText(
      'after',
      example('preview checkout-agents', 'preview s3://acme-traces/agents/ --extension .ndjson', 'preview -f source.yaml'),
    )
    .action(async (what: string | undefined, options: With<PreviewOptions & SourceFlags & { filename?: string }>) =>
      ends((await loadObjects()).preview(what, options, io)),
    );

  const create = forPrograms(
    clusterOptions(root.command('create').description('print the manifest of a source for a location, or apply it')),
  );
  aboutSource(create)
    .argument('<location>', 'a URL such as s3://bucket/prefix, gs://bucket/prefix or azblob://account/container/prefix')
    .option('--apply', 'apply it instead of printing it', false)
    .addHelpText(
      'after',
      example(
        'create s3://acme-traces/agents/prod/ > source.yaml',
        'create s3://acme-traces/agents/ --endpoint https://s3.internal:9000 --path-style --secret s3-keys --apply',
        'create gs://acme-traces/agents/ --destination http://otel-collector:4318 --since 7d | kubectl apply -f -',
      ),
    )
    .action(async (url: string, options: With<CreateOptions>) =>
      ends((await import('./cluster/cluster.ts')).cluster.create(url, options, io)),
    );
}

/** What can be said of a source that is yet to be made. */
function aboutSource(command: Command): Command {
  return command
    .option('--name <name>', 'name of the source; made from the location where left out')
    .option('--description <text>', 'what it is, in your words')
    .option('--region <region>', 'S3: region of the bucket')
    .option('--endpoint <url>', 'URL of a compatible store')
    .option('--path-style', 'S3: put the bucket into the path')
    .option('--bucket-owner <account>', "S3: refuse anybody else's bucket")
    .option('--requester-pays', 'S3: agree to pay for requests')
    .option('--auth <type>', 'how to authenticate, as spec.store has it; follows from --secret where left out')
    .option('--secret <name[/key]>', 'Secret with the credential')
    .option('--role-arn <arn>', 'S3: role to assume')
    .option('--external-id-secret <name[/key]>', 'S3: Secret with the external id of the role')
    .option('--ca-secret <name[/key]>', 'Secret with the authority of the endpoint')
    .option('--destination <url>', "OTLP/HTTP receiver; the operator's own collector where left out")
    .option('--token-secret <name[/key]>', 'Secret with the bearer token of the destination')
    .option('--headers-secret <name>', 'Secret whose keys are headers for the destination')
    .option('--format <format>', 'Auto, OTLP or Monocle', oneOf('Auto', 'OTLP', 'Monocle'))
    .option('--interval <time>', 'how often to scan', time)
    .option('--extension <endings>', 'endings that are taken, such as .json', several)
    .option('--include <globs>', 'only keys that match one of them', several)
    .option('--exclude <globs>', 'no key that matches one of them', several)
    .option('--since <time>', 'only files modified in this time, and later ones', time)
    .option('--latest <n>', 'only the n files modified last, and later ones', positive)
    .option('--min-age <time>', 'how long a file must rest', time)
    .option('--application-id <id>', 'application whose traces are expected')
    .option('--suspend', 'do not start yet');
}
