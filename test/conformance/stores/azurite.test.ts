import { azurite } from './servers/azurite.ts';
import { conformance } from './suite.ts';

await conformance(azurite);
