import { isKube } from '../../kube/errors.ts';
import type { Source } from '../../kube/ownkinds.ts';
import { manifestText } from '../create/manifest.ts';
import { secretsIn } from '../create/secrets.ts';
import { type Made, type SourceFlags, sourceFrom } from '../create/source.ts';
import { clean } from '../terminal/clean.ts';
import type { Io } from '../terminal/io.ts';
import { type Form, writeValue } from './output.ts';
import { type Cluster, type ClusterOptions, done, inCluster, remark, telling } from './session.ts';
import { no } from './trouble.ts';

export type CreateOptions = SourceFlags & { readonly apply?: boolean; readonly output?: Extract<Form, 'json' | 'yaml'> };

/** Prints the manifest of a source for a location, or applies it. Only the latter needs a cluster. */
export function create(url: string, options: ClusterOptions & CreateOptions, io: Io): Promise<number> {
  return telling('the cluster', io, async () => {
    const made = sourceFrom(url, options);
    if (options.apply) return inCluster(options, io, (cluster) => apply(cluster, made));
    if (options.output) await writeValue(options.output, made.manifest, io);
    else await io.out.write(manifestText(url, made));
    return done;
  });
}

async function apply(cluster: Cluster, { manifest, source }: Made): Promise<number> {
  const { kube, namespace, io } = cluster;
  const ref = { namespace, name: manifest.metadata.name };
  const before = await kube.sources.get(ref).catch((thrown) => (isKube(thrown, 'NotFound') ? undefined : Promise.reject(thrown)));
  const draft = { metadata: ref, spec: manifest.spec as Source['spec'] };
  await kube.sources.apply(draft, { fieldManager: 'spanferry-cli' }).catch((thrown) => {
    if (isKube(thrown, 'NotFound') && !before && /namespaces .* not found/.test(thrown.message)) {
      no(`there is no namespace ${namespace}: kubectl create namespace ${namespace}`);
    }
    // Not a race but a rule of server-side apply: its message names who, and the fields.
    if (isKube(thrown, 'Conflict'))
      no(`${thrown.failure.message}. Change it there, or delete the source first: its ledger stays for seven days`);
    throw thrown;
  });
  await io.out.write(`${clean(ref.name)} ${before ? 'configured' : 'created'} in namespace ${clean(namespace)}\n`);
  for (const { name } of secretsIn(source.spec)) {
    const isMissing = await kube.secrets.get({ namespace, name }).then(
      () => false,
      (thrown) => isKube(thrown, 'NotFound'),
    );
    if (isMissing) await remark(cluster, `there is no Secret ${name} in namespace ${namespace} yet: the source waits for it`);
  }
  return done;
}
