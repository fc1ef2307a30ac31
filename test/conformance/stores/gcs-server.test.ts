import { gcsServer } from './servers/gcs-server.ts';
import { conformance } from './suite.ts';

await conformance(gcsServer);
