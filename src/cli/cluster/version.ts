import about from '../../../package.json' with { type: 'json' };
import { apiVersionServed, type Form, writeValue } from './output.ts';
import type { Cluster } from './session.ts';
import { answerIsNo, done } from './session.ts';
import { signs, silence } from './signs.ts';

export type VersionOptions = { readonly output?: Extract<Form, 'json' | 'yaml'> };

type Served = { readonly gitVersion?: string };
type Group = { readonly versions?: readonly { readonly groupVersion: string }[] };

/** Says which versions meet: of the command, of Kubernetes, of the kinds there, and whether an operator is alive. */
export async function version(cluster: Cluster, { output }: VersionOptions): Promise<number> {
  const { transport, io } = cluster;
  const asked = { verb: 'get', method: 'GET' } as const;
  const server = (await transport.request({ ...asked, resource: 'version', path: '/version' })) as Served;
  const kinds = (await transport
    .request({ ...asked, resource: 'spanferry.io', path: '/apis/spanferry.io' })
    .catch(() => ({ versions: [] }))) as Group;
  const served = (kinds.versions ?? []).map(({ groupVersion }) => groupVersion);
  const seen = await signs(cluster);
  const isFit = served.includes(apiVersionServed);
  const operator = seen === 'alive' ? 'alive' : seen === 'unknown' ? 'unknown: you may not list Leases' : (silence(seen) ?? '');
  if (output) {
    await writeValue(
      output,
      { command: about.version, node: process.version, kubernetes: server.gitVersion ?? null, kinds: served, operator },
      io,
    );
  } else {
    const there = isFit ? served.join(', ') : served.length > 0 ? `${served.join(', ')}, but not ${apiVersionServed}` : 'not installed';
    await io.out.write(
      `command     ${about.version} (Node ${process.version})\nkubernetes  ${server.gitVersion ?? 'unknown'}\nkinds       ${there}\noperator    ${operator}\n`,
    );
  }
  return isFit ? done : answerIsNo;
}
