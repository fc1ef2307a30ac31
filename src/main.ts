import { isTranscodeThread, serveThread } from './transcode/threads/thread.ts';

// This file is also the program of the operator's threads. Whatever it is asked to be, it loads only that.
if (isTranscodeThread()) {
  const { transcode, transcodeMany } = await import('./transcode/transcode.ts');
  serveThread({ transcode, transcodeMany });
} else {
  const { program } = await import('./cli/program.ts');
  const { processIo } = await import('./cli/terminal/io.ts');
  const operator = async (args: readonly string[]) => (await import('./operator.ts')).operator(args, process.env, new URL(import.meta.url));
  process.exitCode = await program(processIo(), process.argv, { operator });
}
