import { checks } from './test/checks.ts';

const failed = await checks();
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}. \`npm run fix\` and \`npm run generate\` mend what can be mended by a program.`);
  process.exitCode = 1;
}
