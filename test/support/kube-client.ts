import { credentials, kubeConfigFrom } from '../../src/kube/access.ts';
import { type Resources, resources } from '../../src/kube/resources.ts';
import { type Transport, type TransportOptions, transport } from '../../src/kube/transport.ts';
import { systemClock } from '../../src/std/clock.ts';

/** A transport and the resources behind it, for whoever holds a kubeconfig. */
export function kubeClient(kubeconfig: string, more: Partial<TransportOptions> = {}): Resources & { readonly transport: Transport } {
  const clock = systemClock;
  const through = transport({
    credentials: credentials(() => kubeConfigFrom(kubeconfig), clock),
    clock,
    userAgent: 'spanferry-test',
    ...more,
  });
  return { ...resources(through, clock), transport: through };
}
