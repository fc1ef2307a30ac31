import { defaultSettings } from '../../../../src/transcode/port.ts';
import { createPool } from '../../../../src/transcode/threads/pool.ts';

/** A program that uses a pool, aborts a job, and forgets to close: it must end by itself. */
const pool = createPool({ threads: 2 });
const span = '{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","startTimeUnixNano":"1","endTimeUnixNano":"2"}';
const text = `{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`;

const { spans } = await pool.transcode(
  {
    open: async function* () {
      yield Buffer.from(text);
    },
  },
  defaultSettings,
  () => {},
);

const abort = new AbortController();
const never = {
  open: async function* () {
    abort.abort(new Error('enough'));
    yield Buffer.from('{');
    await new Promise(() => {});
  },
};
const why = await pool.transcode(never, defaultSettings, () => {}, abort.signal).catch((thrown: Error) => thrown.message);
console.log(JSON.stringify({ spans, why }));
