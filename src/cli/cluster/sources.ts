import { group, version } from '../../api/kind.ts';
import { isKube } from '../../kube/errors.ts';
import type { Source } from '../../kube/ownkinds.ts';
import type { Selection } from '../../kube/resource.ts';
import { clean } from '../terminal/clean.ts';
import type { Cluster } from './session.ts';
import { remark } from './session.ts';
import { explained, isWithoutKind, misused, no } from './trouble.ts';

/** Which sources a command is about. */
export type SourceChoice = { readonly allNamespaces?: boolean; readonly selector?: string; readonly all?: boolean };

/** One source by its name. Where it is not there, says where one of that name is, or what there is instead. */
export async function sourceNamed(cluster: Cluster, name: string): Promise<Source> {
  const { kube, namespace } = cluster;
  try {
    return await kube.sources.get({ namespace, name: plainName(name) });
  } catch (thrown) {
    if (!isKube(thrown, 'NotFound') || isWithoutKind(thrown.failure.message)) throw thrown;
    return no(await missing(cluster, plainName(name)));
  }
}

/** The same for what waits for the operator to do it: of a suspended source it does nothing. */
export async function sourceAwake(cluster: Cluster, name: string): Promise<Source> {
  const source = await sourceNamed(cluster, name);
  return source.spec.suspend ? no(`${name} is suspended, so nothing would happen: \`resume\` it first`) : source;
}

/** The sources that names, a selector or neither (all of them) stand for, in the order of their names. */
export async function chosenSources(cluster: Cluster, names: readonly string[], choice: SourceChoice): Promise<readonly Source[]> {
  const { allNamespaces, selector } = choice;
  if (names.length > 0) {
    if (allNamespaces || selector !== undefined) misused('name sources, or choose them with -A or -l: not both');
    return Promise.all(names.map((name) => sourceNamed(cluster, name)));
  }
  const found = await listed(cluster, {
    ...(!allNamespaces && { namespace: cluster.namespace }),
    ...(selector !== undefined && { labelSelector: selector }),
  });
  return [...found].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** The same for a command that changes something: nobody changes everything by leaving out a name. */
export async function sourcesToChange(cluster: Cluster, names: readonly string[], choice: SourceChoice): Promise<readonly Source[]> {
  const { allNamespaces, selector, all } = choice;
  if (names.length === 0 && selector === undefined && !all) {
    misused(`name a source, or choose some with -l, or all of the namespace with --all${allNamespaces ? ' beside -A' : ''}`);
  }
  const found = await chosenSources(cluster, names, choice);
  return found.length > 0 ? found : no(`no source is there that this stands for, in ${whereOf(cluster, choice)}`);
}

export const whereOf = ({ namespace }: Cluster, { allNamespaces, selector }: SourceChoice): string =>
  `${allNamespaces ? 'any namespace' : `namespace ${namespace}`}${selector === undefined ? '' : ` with ${selector}`}`;

/** How an answer calls a source: of sources of all namespaces each with its own. */
export const calledIn =
  ({ allNamespaces }: SourceChoice) =>
  (source: Source): string =>
    clean(allNamespaces ? keyOf(source) : source.metadata.name);

/** "isrc/checkout" and "ingestionsource.spanferry.io/checkout" name a source as well, as kubectl prints it. */
const plainName = (name: string): string => name.replace(/^[a-z.]+\//, '');

const keyOf = ({ metadata: { namespace, name } }: Source): string => `${namespace}/${name}`;

async function listed(cluster: Cluster, selection: Selection): Promise<readonly Source[]> {
  const found: Source[] = [];
  for await (const { items, misfits } of cluster.kube.sources.list(selection)) {
    found.push(...items);
    for (const { ref, failure } of misfits) {
      await remark(
        cluster,
        `source ${ref.name} in namespace ${ref.namespace} is left out, ${group}/${version} of this command does not understand it: ${explained(failure)}`,
      );
    }
  }
  return found;
}

/** Looks around before it says that something is not there. Whoever may not look around gets the short answer. */
async function missing(cluster: Cluster, name: string): Promise<string> {
  const { namespace } = cluster;
  const here = await listed(cluster, { namespace }).catch(() => []);
  const nothing = `there is no source ${name} in namespace ${namespace}`;
  const elsewhere = (await listed(cluster, { fieldSelector: `metadata.name=${name}` }).catch(() => [])).map(
    ({ metadata }) => metadata.namespace,
  );
  if (elsewhere.length > 0) return `${nothing}; there is one in ${elsewhere.join(', ')}: add -n ${elsewhere[0]}`;
  if (here.length === 0) return `${nothing}, nor any other: name the right namespace with -n`;
  const names = here.map(({ metadata }) => metadata.name).sort();
  return `${nothing}; there ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`;
}
