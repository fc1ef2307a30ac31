import type { Cluster } from './session.ts';
import { done } from './session.ts';
import { calledIn, type SourceChoice, sourcesToChange } from './sources.ts';

/** Stops sources, or lets them go on. */
export async function suspend(cluster: Cluster, names: readonly string[], choice: SourceChoice, to: boolean): Promise<number> {
  for (const source of await sourcesToChange(cluster, names, choice)) {
    const { metadata, spec } = source;
    const was = spec.suspend;
    if (was !== to) await cluster.kube.sources.patch(metadata, [{ op: 'add', path: '/spec/suspend', value: to }]);
    const how =
      was === to ? (to ? 'was suspended already' : 'was not suspended') : to ? 'suspended: nothing is lost, `resume` goes on' : 'resumed';
    await cluster.io.out.write(`${calledIn(choice)(source)} ${how}\n`);
  }
  return done;
}
