import { secretNamesOf } from '../../stores/registry.ts';
import { type ClusterOptions, inCluster, telling } from '../cluster/session.ts';
import { sourceNamed } from '../cluster/sources.ts';
import { misused } from '../cluster/trouble.ts';
import { isLocation } from '../create/locations.ts';
import { type SourceFlags, sourceFrom } from '../create/source.ts';
import { isFile } from '../files/named.ts';
import type { Io } from '../terminal/io.ts';
import type { ViewOptions } from '../view.ts';
import { namesCredential, withOwnLogin } from './login.ts';
import type { LsOptions } from './ls.ts';
import type { FromFile } from './manifest-file.ts';
import { type Credential, credentialOf } from './open.ts';
import type { PreviewOptions } from './preview.ts';
import type { WhyOptions } from './why.ts';

type With<Options> = ClusterOptions & Options & { readonly ownLogin?: boolean };

/** The commands that open a store. Each loads only what is its own, and of the SDKs the one that its store needs. */
export const objects = {
  ls: (name: string, prefix: string | undefined, options: With<LsOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./ls.ts')).ls(at, name, prefix, options)),
  view: (name: string, key: string, options: With<ViewOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./view.ts')).viewObject(at, name, key, options)),
  why: (name: string, key: string, options: With<WhyOptions>, io: Io) =>
    inCluster(options, io, async (at) => (await import('./why.ts')).why(at, name, key, options)),
  preview: (what: string | undefined, options: With<PreviewOptions & SourceFlags & { readonly filename?: string }>, io: Io) =>
    telling('the cluster', io, async () => {
      if ((what === undefined) === (options.filename === undefined))
        misused('name what to look at: a source, a location, or a manifest with -f FILE');
      if (options.filename !== undefined) {
        const { manifestFrom } = await import('./manifest-file.ts');
        return previewNew(await manifestFrom(options.filename, io), options, io);
      }
      if (what !== undefined && isLocation(what)) return previewNew({ source: sourceFrom(what, options).source, secrets: {} }, options, io);
      if (isFile(what ?? '')) {
        misused(
          `${what} is a file, but preview looks at a source, a location or a manifest (-f FILE); \`validate\` and \`view\` look at files`,
        );
      }
      return inCluster(options, io, async (at) => {
        const [{ preview }, { knowledge }] = [await import('./preview.ts'), await import('./known.ts')];
        const source = await sourceNamed(at, what ?? '');
        const credential = await credentialOf(at, source.spec.store, options.ownLogin === true);
        const known = await knowledge(at, source);
        const { modifiedAfter } = source.status;
        const isDone = (file: Parameters<typeof known.of>[0]): boolean => {
          const { member, outcome, isBack } = known.of(file);
          return !isBack && (member !== undefined || outcome !== undefined);
        };
        return preview(
          { ref: source.metadata, spec: source.spec, credential, isDone, ...(modifiedAfter !== undefined && { modifiedAfter }) },
          options,
          io,
        );
      });
    }),
} as const;

/** A source that is not in the cluster yet. The cluster is asked only for Secrets that are named and not at hand. */
async function previewNew({ source, secrets }: FromFile, options: With<PreviewOptions>, io: Io): Promise<number> {
  const { preview } = await import('./preview.ts');
  const { spec, metadata } = source;
  const namespace = options.namespace ?? metadata.namespace;
  const look = (credential: Credential, at = namespace ?? 'default') =>
    preview({ ref: { namespace: at, name: metadata.name }, spec, credential }, options, io);
  const isOwnLogin = options.ownLogin === true || !namesCredential(spec.store);
  const store = isOwnLogin ? withOwnLogin(spec.store) : spec.store;
  if (secretNamesOf(store).every((name) => secrets[name])) return look({ spec: store, secrets, isOwnLogin });
  const choice = { ...options, ...(namespace !== undefined && { namespace }) };
  return inCluster(choice, io, async (at) => look(await credentialOf(at, spec.store, isOwnLogin, secrets), at.namespace));
}
