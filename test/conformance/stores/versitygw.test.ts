import { versitygw } from './servers/versitygw.ts';
import { conformance } from './suite.ts';

await conformance(versitygw);
