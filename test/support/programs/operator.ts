import { operator } from '../../../src/operator.ts';

// The operator as a process of its own, for tests that kill it.
process.exitCode = await operator(process.argv.slice(2));
