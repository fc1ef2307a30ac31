import type { Transcode } from '../../../../src/transcode/port.ts';
import { serveThread } from '../../../../src/transcode/threads/thread.ts';

const nothing = { rejectedSpans: 0, traces: 0, rejected: [], services: [], applicationIds: [], warnings: [] };

/** A thread whose transcoder does what the name of its input says, so that tests can make every kind of trouble. */
const toy: Transcode = async (input, settings, take, signal = new AbortController().signal) => {
  if (input.name === 'loops forever') for (;;);
  if (input.name === 'exits') process.exit(3);
  if (input.name === 'throws outside') setImmediate(() => Promise.reject(new Error('nobody catches this')));
  if (input.name === 'opens and ignores the signal') input.open(0, signal);
  if (input.name?.endsWith('ignores the signal')) await new Promise(() => {});
  let batches = 0;
  let bytes = 0;
  for await (const chunk of input.open(input.name === 'from the middle' ? 3 : 0, signal)) {
    bytes += chunk.length;
    await take({ index: batches++, body: chunk, spans: 1 });
  }
  return { ...nothing, format: settings.format, spans: batches, bytes, batches, firstSpanTime: 7n };
};

serveThread({ transcode: toy, transcodeMany: () => Promise.resolve([]) });
