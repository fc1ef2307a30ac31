import { generators } from './generators.ts';
import { step } from './prepare/step.mjs';
import { capture } from './test/capture.ts';

for (const { what, script } of generators) await step(what, () => capture(process.execPath, [script]));
