import { moto } from './servers/moto.ts';
import { conformance } from './suite.ts';

await conformance(moto);
