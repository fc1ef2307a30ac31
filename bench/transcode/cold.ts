import { defaultSettings } from '../../src/transcode/port.ts';
import { transcode } from '../../src/transcode/transcode.ts';

/** A process that transcodes its standard input and tells when its first batch was there, in milliseconds since it started. */
let first = 0;
const input = { open: () => process.stdin };
await transcode(input, defaultSettings, () => {
  first ||= performance.now();
});
console.log(JSON.stringify({ firstBatchMs: first }));
