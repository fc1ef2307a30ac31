import { transcode, transcodeMany } from '../transcode.ts';
import { isTranscodeThread, serveThread } from './thread.ts';

/** The program of a thread when the house runs from its sources. A bundle starts itself instead and asks `isTranscodeThread` first. */
if (isTranscodeThread()) serveThread({ transcode, transcodeMany });
