import { randomBytes } from 'node:crypto';
import { annotations, type Trigger } from '../../api/annotations.ts';
import { isKube } from '../../kube/errors.ts';
import type { KubeObject, Ref } from '../../kube/meta.ts';
import type { File, Source } from '../../kube/ownkinds.ts';
import type { PatchStep, Resource } from '../../kube/resource.ts';
import { type Cluster, remark } from './session.ts';
import { signs, unanswered } from './signs.ts';
import { Ended, no } from './trouble.ts';

type SourceTrigger = keyof NonNullable<Source['status']['handled']>;
type FileTrigger = keyof NonNullable<File['status']['handled']>;

const POLL_MS = 250;

/** Sets a trigger on a source and returns its token. */
export const askSource = ({ kube }: Pick<Cluster, 'kube'>, source: Source, trigger: SourceTrigger): Promise<string> =>
  ask(kube.sources, source, trigger);

/** The same on a record. */
export const askFile = ({ kube }: Pick<Cluster, 'kube'>, record: File, trigger: FileTrigger): Promise<string> =>
  ask(kube.files, record, trigger);

/** Somebody else may write in between, as often as this. */
const TRIES = 5;

async function ask<T extends KubeObject>(resource: Pick<Resource<T>, 'get' | 'patch'>, object: T, trigger: Trigger): Promise<string> {
  const token = `cli-${new Date().toISOString()}-${randomBytes(3).toString('hex')}`;
  let { metadata } = object;
  for (let tries = 1; ; tries++) {
    try {
      await resource.patch(metadata, annotated(metadata, annotations[trigger], token));
      return token;
    } catch (thrown) {
      if (!isKube(thrown, 'Conflict') || tries === TRIES) throw thrown;
      ({ metadata } = await resource.get(metadata));
    }
  }
}

/** The first annotation brings the map of them along: only where nobody has made one meanwhile, or theirs would be lost. */
const annotated = ({ annotations: known, resourceVersion }: KubeObject['metadata'], name: string, value: string): readonly PatchStep[] =>
  known
    ? [{ op: 'add', path: `/metadata/annotations/${name.replaceAll('/', '~1')}`, value }]
    : [
        { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
        { op: 'add', path: '/metadata/annotations', value: { [name]: value } },
      ];

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

/** The same where several are asked: what is not answered is told, and the others go on. */
export const answeredOrTold = (...[cluster, ...asked]: Parameters<typeof answered>): Promise<Source | undefined> =>
  answered(cluster, ...asked).catch(async (thrown) => {
    if (!(thrown instanceof Ended)) throw thrown;
    await remark(cluster, thrown.message);
    return undefined;
  });

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
