import type { Named } from '../completion.ts';
import type { Io } from '../terminal/io.ts';
import type { CreateOptions } from './create.ts';
import type { FilesOptions } from './files.ts';
import type { ForgetOptions } from './forget.ts';
import type { ForceOptions, RetryOptions } from './retry.ts';
import type { ScanOptions } from './scan.ts';
import { type ClusterOptions, inCluster } from './session.ts';
import type { SourceChoice } from './sources.ts';
import type { StatusOptions } from './status.ts';
import type { TestOptions } from './test.ts';
import type { VersionOptions } from './version.ts';
import type { WaitOptions } from './wait.ts';

type Names = readonly string[];
type With<Options> = ClusterOptions & Options;

/** The commands that talk to a cluster and to no store. Each loads only what is its own. */
export const cluster = {
  status: (names: Names, options: With<StatusOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./status.ts')).status(at, names, options)),
  files: (name: string, options: With<FilesOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./files.ts')).files(at, name, options)),
  retry: (name: string, keys: Names, options: With<RetryOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./retry.ts')).retry(at, name, keys, options)),
  force: (name: string, keys: Names, options: With<ForceOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./retry.ts')).force(at, name, keys, options)),
  scan: (names: Names, options: With<ScanOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./scan.ts')).scan(at, names, options)),
  test: (names: Names, options: With<TestOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./test.ts')).test(at, names, options)),
  suspend: (names: Names, options: With<SourceChoice>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./suspend.ts')).suspend(at, names, options, true)),
  resume: (names: Names, options: With<SourceChoice>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./suspend.ts')).suspend(at, names, options, false)),
  version: (options: With<VersionOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./version.ts')).version(at, options)),
  wait: (name: string, options: With<WaitOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./wait.ts')).wait(at, name, options)),
  forget: (name: string, options: With<ForgetOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./forget.ts')).forget(at, name, options)),
  names: async (what: Named, options: ClusterOptions, io: Io) => (await import('./names.ts')).names(what, options, io),
  /** Opens the cluster only where the manifest is applied. */
  create: async (url: string, options: With<CreateOptions>, io: Io) => (await import('./create.ts')).create(url, options, io),
} as const;
