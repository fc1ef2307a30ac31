import type { Failure } from '../api/failure.ts';
import type { IngestionSource } from '../api/ingestionsource.ts';
import type { Clock } from '../std/clock.ts';
import { secretNamesOf } from '../stores/registry.ts';
import type { Keeper } from './keeper.ts';
import type { Link } from './link.ts';
import { shownAfter } from './modified.ts';
import type { Asked, Seen, SourceTrigger } from './next-step.ts';
import type { Secrets } from './port.ts';
import type { Selection } from './selection.ts';
import { failedTest, type TestResult, testConnection } from './test-connection.ts';
import { askedOf } from './tokens.ts';

/** What people ask of one source by annotation, and how far each wish has come. */
export type Triggers = {
  readonly asked: (source: IngestionSource) => Asked;
  readonly retry: () => Seen['retry'];
  readonly lastTest: () => TestResult | undefined;
  readonly test: (token: string, subject: Subject, signal: AbortSignal) => Promise<void>;
  /** Opens the ledger, with holes where the token accepts them. */
  readonly openLedger: (source: IngestionSource, acceptToken?: string) => Promise<void>;
  /** Begins to retry: forgets every failure, and lets dispatch begin the failed records again. */
  readonly retryFailed: (token: string) => Promise<void>;
  readonly endRetry: (token: string) => Promise<void>;
  /** A listing has served this token of `scan`; to be written down when there is time. */
  readonly scanned: (token: string) => void;
  readonly writeScanned: () => Promise<void>;
};

/** What a test looks at: the source, which of its files match, and why it may not be looked at. */
export type Subject = {
  readonly source: IngestionSource;
  readonly selection?: Selection | undefined;
  readonly refused?: Failure | undefined;
};

export type TriggersOptions = {
  readonly memory: Keeper;
  readonly way: Link;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Dispatch begins the failed records of this source again; resolves when all have begun. */
  readonly beginFailed: () => Promise<void>;
  readonly wake: () => void;
};

export function triggersOf({ memory, way, secrets, clock, beginFailed, wake }: TriggersOptions): Triggers {
  let served: string | undefined;
  let acceptTried: string | undefined;
  let retry: { readonly token: string; isDone: boolean } | undefined;
  let lastTest: TestResult | undefined;

  const handled = (trigger: SourceTrigger, token: string): Promise<void> =>
    memory.write((head) => ({ handled: { ...head.handled, [trigger]: token } }));

  const tested = async (token: string, { source, selection, refused }: Subject, signal: AbortSignal): Promise<TestResult> => {
    if (refused) return failedTest(token, refused, clock);
    secrets.drop(source.metadata.namespace ?? '', secretNamesOf(source.spec.store));
    await way.update(source);
    if (!selection) return failedTest(token, { reason: 'InternalError', message: 'the spec was not read yet' }, clock);
    const modifiedAfter = shownAfter(memory.ledger()?.head().modified);
    return testConnection({
      ...{ token, spec: source.spec, link: way, ...selection, clock, signal },
      ...(modifiedAfter !== undefined && { modifiedAfter }),
    });
  };

  return {
    asked: (source) =>
      askedOf(source, memory.ledger()?.head().handled, {
        ...(served !== undefined && { scan: served }),
        ...(acceptTried !== undefined && { acceptLedger: acceptTried }),
        // Where the ledger cannot be opened the token is written down later.
        ...(lastTest && { test: lastTest.token }),
      }),
    retry: () => retry,
    lastTest: () => lastTest,
    test: async (token, subject, signal) => {
      lastTest = await tested(token, subject, signal);
      await handled('test', token);
    },
    openLedger: async (source, acceptToken) => {
      await memory.open(source.status.ledger?.segments ?? 0, acceptToken);
      const health = memory.health();
      if (health.is === 'failed' && health.failure.reason === 'LedgerIncomplete') acceptTried = acceptToken;
      if (acceptToken !== undefined && memory.ledger()) await handled('acceptLedger', acceptToken);
    },
    retryFailed: async (token) => {
      // Records first: no verdict may go back into the ledger after it forgave.
      const begun = beginFailed();
      await memory.forgive();
      const mine = { token, isDone: false };
      retry = mine;
      void begun.then(() => {
        mine.isDone = true;
        wake();
      });
    },
    endRetry: (token) => handled('retryFailed', token),
    scanned: (token) => {
      served = token;
    },
    writeScanned: async () => {
      const token = served;
      if (token !== undefined && memory.ledger()?.head().handled?.scan !== token) await handled('scan', token);
    },
  };
}
