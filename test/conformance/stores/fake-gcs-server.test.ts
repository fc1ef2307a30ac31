import { fakeGcsServer } from './servers/fake-gcs-server.ts';
import { conformance } from './suite.ts';

await conformance(fakeGcsServer);
