import { credentials } from '../../kube/access.ts';
import { findKubeConfig, namespaceOf } from '../../kube/kubeconfig.ts';
import { resources } from '../../kube/resources.ts';
import { type Transport, transport } from '../../kube/transport.ts';
import type { Io } from '../terminal/io.ts';
import type { Cluster, ClusterOptions } from './session.ts';

/** A person waits: a call is given up after this time, repetitions included. */
const DEADLINE_MS = 8_000;

export type Connection = { readonly cluster: Cluster; readonly close: () => Promise<void> };

/** Opens the cluster that the options name. `onFound` learns how it is called in sentences, before anything of it can fail. */
export async function connect(options: ClusterOptions, io: Io, onFound: (where: string) => void): Promise<Connection> {
  const config = findKubeConfig(options, io.env);
  const where = `the cluster of context ${config.getCurrentContext()} (${config.getCurrentCluster()?.server ?? 'no server'})`;
  onFound(where);
  const access = credentials(() => config, io.clock);
  // A plugin may ask a person to log in, which takes longer than any request may.
  await access.current();
  const api = transport({ credentials: access, clock: io.clock, userAgent: 'spanferry-cli', connections: 8 });
  const patient: Transport = { ...api, request: (call) => api.request({ deadlineMs: DEADLINE_MS, ...call }) };
  const namespace = options.namespace ?? namespaceOf(config);
  return { cluster: { kube: resources(patient, io.clock), transport: patient, namespace, where, io }, close: api.close };
}
