import { randomBytes } from 'node:crypto';
import { annotations, type Trigger } from '../../api/annotations.ts';
import type { KubeObject, Ref } from '../../kube/meta.ts';
import type { File, Source } from '../../kube/ownkinds.ts';
import type { PatchStep, Resource } from '../../kube/resource.ts';
import type { Cluster } from './session.ts';
import { signs, unanswered } from './signs.ts';
import { no } from './trouble.ts';

type SourceTrigger = keyof NonNullable<Source['status']['handled']>;
type FileTrigger = keyof NonNullable<File['status']['handled']>;

const POLL_MS = 250;

/** Sets a trigger on a source and returns its token. */
export const askSource = ({ kube }: Pick<Cluster, 'kube'>, source: Source, trigger: SourceTrigger): Promise<string> =>
  ask(kube.sources, source, trigger);

/** The same on a record. */
export const askFile = ({ kube }: Pick<Cluster, 'kube'>, record: File, trigger: FileTrigger): Promise<string> =>
  ask(kube.files, record, trigger);

async function ask<T extends KubeObject>(resource: Pick<Resource<T>, 'patch'>, { metadata }: T, trigger: Trigger): Promise<string> {
  const token = `cli-${new Date().toISOString()}-${randomBytes(3).toString('hex')}`;
  const name = annotations[trigger];
  const steps: readonly PatchStep[] = metadata.annotations
    ? [{ op: 'add', path: `/metadata/annotations/${name.replaceAll('/', '~1')}`, value: token }]
    : [{ op: 'add', path: '/metadata/annotations', value: { [name]: token } }];
  await resource.patch(metadata, steps);
  return token;
}

/** Asks again until the object is as wanted; undefined when the time is over. */
export async function until<T extends KubeObject>(
  { io: { clock } }: Cluster,
  resource: Pick<Resource<T>, 'get'>,
  ref: Ref,
  timeoutMs: number,
  isSo: (object: T) => boolean,
): Promise<T | undefined> {
  const end = clock.monotonic() + timeoutMs;
  for (;;) {
    const object = await resource.get(ref);
    if (isSo(object)) return object;
    if (clock.monotonic() >= end) return undefined;
    await clock.sleep(POLL_MS);
  }
}

/** The source once the operator has done what the token asks for. Where it does not come to it, says why. */
export async function answered(
  cluster: Cluster,
  source: Source,
  trigger: SourceTrigger,
  token: string,
  timeoutMs: number,
): Promise<Source> {
  const isHandled = ({ status }: Source): boolean => status.handled?.[trigger] === token;
  const seen = await until(cluster, cluster.kube.sources, source.metadata, timeoutMs, isHandled);
  return seen ?? no(`${source.metadata.name}: ${unanswered(await signs(cluster), timeoutMs)}`);
}
