import { ingestionFile, ingestionFileKind } from './ingestionfile.ts';
import { ingestionLedger, ingestionLedgerKind } from './ingestionledger.ts';
import { ingestionSource, ingestionSourceKind } from './ingestionsource.ts';

/** Every kind with its schema: what the generator of CRDs goes by. */
export const kinds = [
  { ...ingestionSourceKind, schema: ingestionSource },
  { ...ingestionFileKind, schema: ingestionFile },
  { ...ingestionLedgerKind, schema: ingestionLedger },
] as const;
