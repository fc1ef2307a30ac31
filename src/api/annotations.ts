import { z } from 'zod';

/** Triggers: a token of any kind asks for something once; the token that was handled is echoed under `status.handled`. */
export const annotations = {
  /** IngestionSource: list everything now. */
  scan: 'spanferry.io/scan',
  /** IngestionSource: test the connection and write `status.lastTest`. */
  test: 'spanferry.io/test',
  /** IngestionSource: retry every failed file, those whose record is gone included. */
  retryFailed: 'spanferry.io/retry-failed',
  /** IngestionSource: go on after `LedgerIncomplete`, although files may be ingested again. */
  acceptLedger: 'spanferry.io/accept-ledger',
  /** IngestionFile: retry a failed file. */
  retry: 'spanferry.io/retry',
  /** IngestionFile: ingest a completed file again. */
  force: 'spanferry.io/force',
} as const;

export type Trigger = keyof typeof annotations;

/** The longest token that is echoed; a longer one is clipped before it is compared. */
export const maxToken = 256;

/** The token of one annotation, as it is echoed once it was handled. */
export const handledToken = (trigger: Trigger) =>
  z.string().max(maxToken).exactOptional().describe(`Token of the annotation ${annotations[trigger]} that was handled last.`);

/** The tokens that were handled last on a source. They are kept in the ledger and shown in status. */
export const handledOnSource = () =>
  z.object({
    scan: handledToken('scan'),
    test: handledToken('test'),
    retryFailed: handledToken('retryFailed'),
    acceptLedger: handledToken('acceptLedger'),
  });
