import { datadog } from './servers/datadog.ts';
import { conformance } from './suite.ts';

conformance(datadog);
