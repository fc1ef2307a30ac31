import { z } from 'zod';
import { endpointUrl } from './fields.ts';
import { celString, fits, rule } from './rule.ts';
import { secretKeyRef } from './secretref.ts';
import { prefix, sameForLife } from './storefields.ts';

/** Microsoft's own hosts: public, with DNS zones, and the sovereign clouds. Only by TLS. */
const azureHost =
  '^https://[a-z0-9.-]+\\.(blob\\.core\\.(windows\\.net|usgovcloudapi\\.net|chinacloudapi\\.cn)|blob\\.storage\\.azure\\.net)(:443)?(/.*)?$';

/** Whether an endpoint is a host of Azure, which alone may be shown a token of Azure. */
export const isAzureEndpoint = (endpoint: string): boolean => new RegExp(azureHost).test(endpoint);

const auth = z
  .object({
    type: z
      .enum(['WorkloadIdentity', 'AccountKey', 'SAS', 'ConnectionString'])
      .default('WorkloadIdentity')
      .describe(
        "WorkloadIdentity: the operator's own identity. AccountKey, SAS (a token that allows read and list) and ConnectionString: what secretRef holds.",
      ),
    secretRef: secretKeyRef('credential')
      .exactOptional()
      .describe('Secret with the account key, the SAS token or the connection string. For every type but WorkloadIdentity.'),
  })
  .check(
    rule(
      "self.type == 'WorkloadIdentity' || has(self.secretRef)",
      'types AccountKey, SAS and ConnectionString need secretRef: name the Secret that holds the credential',
      (it) => it.type === 'WorkloadIdentity' || it.secretRef !== undefined,
    ),
    rule(
      "self.type != 'WorkloadIdentity' || !has(self.secretRef)",
      'type WorkloadIdentity takes no secretRef: set type to AccountKey, SAS or ConnectionString, or leave the Secret out',
      (it) => it.type !== 'WorkloadIdentity' || it.secretRef === undefined,
    ),
  );

/** A container of Azure Blob Storage. */
export const azureBlob = z
  .object({
    account: z
      .string()
      .max(24)
      .check(fits('^[a-z0-9]{3,24}$', "a storage account's name has 3 to 24 characters of a-z and 0-9"))
      .exactOptional()
      .describe('Name of the storage account in the public cloud. Exactly one of account and endpoint. Cannot change.'),
    endpoint: endpointUrl('https://acmetraces.blob.core.windows.net')
      .exactOptional()
      .describe('URL of the blob service, for sovereign clouds and compatible stores. Exactly one of account and endpoint. Cannot change.'),
    container: z
      .string()
      .max(63)
      .check(
        fits(
          '^([a-z0-9][a-z0-9-]{1,61}[a-z0-9]|\\$root|\\$web|\\$logs)$',
          "a container's name has 3 to 63 characters of a-z, 0-9 and hyphen, and starts and ends with a letter or digit",
        ),
      )
      .describe('Name of the container. Cannot change.'),
    prefix: prefix(),
    caSecretRef: secretKeyRef('ca.crt').exactOptional().describe("Certificate authority of the endpoint, in PEM, beside the system's."),
    auth: auth.prefault({ type: 'WorkloadIdentity' }).describe('How to authenticate.'),
  })
  .check(
    rule(
      'has(self.account) != has(self.endpoint)',
      'name exactly one of account and endpoint: account in the public cloud, endpoint elsewhere',
      (it) => (it.account === undefined) !== (it.endpoint === undefined),
    ),
    rule(
      `self.auth.type != 'WorkloadIdentity' || !has(self.endpoint) || self.endpoint.matches(${celString(azureHost)})`,
      "a token of Azure goes only to Azure's own hosts: use another auth.type with a Secret, or name the account instead of endpoint",
      (it) => it.auth.type !== 'WorkloadIdentity' || it.endpoint === undefined || isAzureEndpoint(it.endpoint),
      'endpoint',
    ),
    sameForLife('container'),
    sameForLife('account'),
    sameForLife('endpoint'),
  );
