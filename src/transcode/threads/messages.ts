import type { Failure } from '../../api/failure.ts';
import type { Batch, FileResult, Settings, SharedBatch, Summary } from '../port.ts';

/** A file among many: where its bytes are in those of all. */
export type Piece = { readonly from: number; readonly to: number; readonly name?: string };

/** The results of many files, without those that came with a batch: what goes to another thread is copied, bit by bit. */
export type OtherResults = readonly (FileResult | undefined)[];

/** What the owner of a thread says to it. `job` numbers the jobs, `stream` the streams that they have opened. */
export type ToThread =
  | { readonly do: 'transcode'; readonly job: number; readonly settings: Settings; readonly size?: number; readonly name?: string }
  | {
      readonly do: 'transcode many';
      readonly job: number;
      readonly settings: Settings;
      readonly files: readonly Piece[];
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly do: 'chunk'; readonly stream: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly do: 'end'; readonly stream: number }
  | { readonly do: 'broken'; readonly stream: number; readonly failure: Failure }
  /** The oldest batch on its way was taken. */
  | { readonly do: 'taken'; readonly job: number }
  /** The memory of a body that was released, for the next ones. */
  | { readonly do: 'reuse'; readonly memory: ArrayBuffer }
  | { readonly do: 'abort'; readonly job: number };

/** What a thread says to its owner about a job. */
export type FromThread = { readonly job: number } & (
  | { readonly say: 'open'; readonly stream: number; readonly from: number }
  /** A chunk was used; its memory comes back, and one more may be on its way. */
  | { readonly say: 'next'; readonly stream: number; readonly memory: ArrayBuffer }
  | { readonly say: 'close'; readonly stream: number }
  | { readonly say: 'batch'; readonly batch: Batch | SharedBatch }
  | { readonly say: 'done'; readonly result: Summary | OtherResults }
  | { readonly say: 'failed'; readonly failure: Failure }
);

/**
 * Chunks on their way to a thread, per stream, and what one of them holds at most. The thread mostly sleeps when one comes, and to be woken
 * costs more than the message: so there are few large ones.
 */
export const CHUNKS_AHEAD = 2;
export const CHUNK_BYTES = 1024 * 1024;

/** Batches on their way from a thread: one is delivered while the next is made. */
export const BATCHES_AHEAD = 2;

/** Put into a worker's `workerData` so that a program that starts itself anew as a thread can tell. */
export const threadMark = 'spanferry transcode thread';
