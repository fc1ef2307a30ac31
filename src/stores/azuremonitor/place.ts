import { isLogsEndpoint } from '../../api/azuremonitor.ts';
import type { Place } from '../provider.ts';
import type { AzureMonitorSpec } from '../spec.ts';

export const PUBLIC_ENDPOINT = 'https://api.loganalytics.azure.com';

export const SLICE_MS = 60_000;

/** Where an Azure Monitor source looks. Ids of workspaces are unique, so Azure's own endpoints count as one. */
export function azureMonitorPlace({ workspaceId, service, endpoint = PUBLIC_ENDPOINT }: AzureMonitorSpec): Place {
  const workspace = workspaceId.toLowerCase();
  const realm = isLogsEndpoint(endpoint) ? 'azure' : new URL(endpoint).origin;
  return {
    location: `azuremonitor://${workspace}/${service ?? ''}`,
    sliceMs: SLICE_MS,
    identity: { kind: 'azureMonitor', endpoint: `${realm}/${workspace}`, bucket: service ?? '*' },
  };
}

/** Names of the Secrets that an Azure Monitor source refers to. */
export const azureMonitorSecretNames = ({ caSecretRef }: AzureMonitorSpec): readonly string[] => (caSecretRef ? [caSecretRef.name] : []);
