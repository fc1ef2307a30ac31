import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../../src/api/failure.ts';
import { type Connection, connection } from '../../../../src/stores/azureblob/connection-string.ts';

const KEY = 'c2VjcmV0LWtleS1vZi1hY21lLXRyYWNlcw==';
const SAS = 'sv=2025-11-05&sp=rl&sig=c2ln%3D';

const understood: readonly [sentence: string, text: string, expected: Connection][] = [
  [
    'account and key',
    `DefaultEndpointsProtocol=https;AccountName=acmetraces;AccountKey=${KEY};EndpointSuffix=core.windows.net`,
    { serviceUrl: 'https://acmetraces.blob.core.windows.net', account: 'acmetraces', key: KEY },
  ],
  [
    'names in any case and white space around them',
    ` accountname = acmetraces ; ACCOUNTKEY=${KEY} ;\n`,
    { serviceUrl: 'https://acmetraces.blob.core.windows.net', account: 'acmetraces', key: KEY },
  ],
  [
    'another cloud',
    `AccountName=acmetraces;AccountKey=${KEY};EndpointSuffix=core.chinacloudapi.cn`,
    { serviceUrl: 'https://acmetraces.blob.core.chinacloudapi.cn', account: 'acmetraces', key: KEY },
  ],
  [
    'an endpoint with a path, and a slash too many',
    `BlobEndpoint=http://10.1.2.3:10000/acmetraces/;AccountName=acmetraces;AccountKey=${KEY}`,
    { serviceUrl: 'http://10.1.2.3:10000/acmetraces', account: 'acmetraces', key: KEY },
  ],
  [
    'a shared access signature',
    `BlobEndpoint=https://acmetraces.blob.core.windows.net/;SharedAccessSignature=${SAS}`,
    { serviceUrl: 'https://acmetraces.blob.core.windows.net', sas: SAS },
  ],
];

const refused: readonly [sentence: string, text: string][] = [
  ['development storage, which is the loopback address', 'UseDevelopmentStorage=true'],
  ['no key', 'AccountName=acmetraces'],
  ['a SAS without an endpoint', `SharedAccessSignature=${SAS}`],
  ['an account name that would change the host', `AccountName=evil.example/;AccountKey=${KEY}`],
  ['a suffix that would change the host', `AccountName=acmetraces;AccountKey=${KEY};EndpointSuffix=core.windows.net@evil.example`],
  ['an endpoint that is not HTTP', `BlobEndpoint=file:///etc;AccountName=acmetraces;AccountKey=${KEY}`],
  ['a bare key', KEY],
  ['nothing', ''],
];

describe('a connection string', () => {
  test.each(understood)('with %s', (_sentence, text, expected) => {
    expect(connection(text, 'key connection of Secret azure')).toEqual(expected);
  });

  test.each(refused)('is refused with %s, and its content is not repeated', (_sentence, text) => {
    let failure: unknown;
    try {
      connection(text, 'key connection of Secret azure');
    } catch (thrown) {
      failure = failureOf(thrown);
    }
    expect(failure).toMatchObject({ reason: 'InvalidCredential', message: expect.stringContaining('Secret azure') });
    expect(JSON.stringify(failure)).not.toContain(KEY.slice(0, 10));
  });
});
