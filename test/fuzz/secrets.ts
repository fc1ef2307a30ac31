import { failureOf } from '../../src/api/failure.ts';
import { parseSource } from '../../src/api/parse.ts';
import { isFailure, resolveDestination } from '../../src/delivery/destination.ts';
import { openStores } from '../../src/stores/registry.ts';
import type { Random } from '../support/traces/random.ts';
import { garbled, mutated, type Subject, slipIn } from './subject.ts';

const secret = 'c4n4ry-7f3a9b-0d1e2f';
const at = (name: string, key: string) => ({ name, key });

const destination = {
  endpoint: 'https://collector.example:4318/otlp',
  authTokenSecretRef: at('token', 'token'),
  headersSecretRef: { name: 'headers' },
  caSecretRef: at('ca', 'ca.crt'),
  clientCertSecretRef: { name: 'client' },
};
const stores = [
  { s3: { bucket: 'acme-traces', region: 'us-east-1', auth: { type: 'AccessKey', accessKeySecretRef: { name: 'keys' } } } },
  { gcs: { bucket: 'acme-traces', auth: { type: 'ServiceAccountKey', keySecretRef: { name: 'gcs' } } } },
  ...['AccountKey', 'SAS', 'ConnectionString'].map((type) => ({
    azureBlob: { account: 'acmetraces', container: 'traces', auth: { type, secretRef: { name: 'azure' } } },
  })),
];
const values = {
  token: { token: secret },
  headers: { 'X-Tenant': secret, Authorization: secret },
  ca: { 'ca.crt': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' },
  client: { 'tls.crt': secret, 'tls.key': secret },
  keys: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: secret, sessionToken: secret },
  gcs: { 'key.json': JSON.stringify({ type: 'service_account', private_key: secret, client_email: 'a@b', token_uri: 'https://evil' }) },
  azure: {
    credential: `DefaultEndpointsProtocol=https;AccountName=acmetraces;AccountKey=${secret};EndpointSuffix=core.windows.net`,
    accountKey: secret,
    sasToken: `sv=2024-01-01&sig=${secret}`,
    connectionString: `AccountName=acmetraces;AccountKey=${secret}`,
  },
};

/** Values are texts, whatever is in them. */
function spoilt(random: Random): Record<string, Record<string, string> | undefined> {
  const odd = mutated(random, values);
  const all = typeof odd === 'object' && odd !== null && !Array.isArray(odd) ? Object.entries(odd) : [];
  return Object.fromEntries(
    all
      .filter(([, each]) => typeof each === 'object' && each !== null)
      .map(([name, each]) => [
        name,
        Object.fromEntries(
          Object.entries(each as object).map(([key, text]) => [key, random.chance(0.2) ? garbled(random, String(text)) : String(text)]),
        ),
      ]),
  );
}

const opened = openStores({});

/** Secrets: they are good, or a sentence says which key of which Secret is not, and never what is in it. */
export const secrets: Subject = {
  name: 'Secrets',
  take: async (random) => {
    const given = spoilt(random);
    const said: string[] = [];
    const { caSecretRef, clientCertSecretRef, ...plain } = destination;
    const some = { ...plain, ...(random.chance(0.3) && { caSecretRef }), ...(random.chance(0.3) && { clientCertSecretRef }) };
    const resolved = resolveDestination({ ...some, compression: 'None' }, { endpoint: 'http://own:4318' }, given);
    if (isFailure(resolved)) said.push(resolved.reason, resolved.message);
    const parsed = parseSource({
      apiVersion: 'spanferry.io/v1alpha1',
      kind: 'IngestionSource',
      metadata: { name: 'fuzzed', namespace: 'ml-platform' },
      spec: { store: random.pick(stores) },
    });
    if (!parsed.ok) return parsed.failure.message;
    try {
      const present = Object.fromEntries(
        Object.entries(given).filter((each): each is [string, Record<string, string>] => each[1] !== undefined),
      );
      const context = { source: { namespace: 'ml-platform', name: 'fuzzed' }, secrets: present, operatorIdentity: false };
      (await opened.open(parsed.value.spec.store, context)).close();
    } catch (thrown) {
      const { reason, message } = failureOf(thrown);
      said.push(reason, message);
    }
    if (said.some((words) => words.includes(secret))) return `shows a secret: ${said.join(' ')}`;
    return said.map(slipIn).find((slip) => slip !== undefined);
  },
};
