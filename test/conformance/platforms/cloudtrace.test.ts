import { cloudTrace } from './servers/cloudtrace.ts';
import { conformance } from './suite.ts';

conformance(await cloudTrace());
