import { ownS3 } from './servers/own-s3.ts';
import { conformance } from './suite.ts';

await conformance(ownS3);
