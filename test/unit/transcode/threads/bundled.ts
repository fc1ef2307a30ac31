import { defaultSettings } from '../../../../src/transcode/port.ts';
import { createPool } from '../../../../src/transcode/threads/pool.ts';
import { isTranscodeThread, serveThread } from '../../../../src/transcode/threads/thread.ts';
import { transcode, transcodeMany } from '../../../../src/transcode/transcode.ts';

/** A program in one file: started as a thread it serves, else it makes a pool of itself. */
if (isTranscodeThread()) serveThread({ transcode, transcodeMany });
else {
  const span = '{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","startTimeUnixNano":"1","endTimeUnixNano":"2"}';
  const text = Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`);
  async function* read(from: number) {
    yield text.subarray(from);
  }
  const { spans } = await createPool({ threads: 1 }).transcode({ open: read }, defaultSettings, () => {});
  console.log(JSON.stringify({ spans }));
}
