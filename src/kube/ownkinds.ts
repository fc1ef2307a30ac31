import { Failed, fail } from '../api/failure.ts';
import type { IngestionFile } from '../api/ingestionfile.ts';
import { ingestionFileKind } from '../api/ingestionfile.ts';
import type { IngestionLedger } from '../api/ingestionledger.ts';
import { ingestionLedgerKind } from '../api/ingestionledger.ts';
import type { IngestionSource } from '../api/ingestionsource.ts';
import { ingestionSourceKind } from '../api/ingestionsource.ts';
import { group, type Metadata, version } from '../api/kind.ts';
import { type Parsed, parseFile, parseLedger, parseSource } from '../api/parse.ts';
import type { ObjectMeta } from './meta.ts';
import type { Kind } from './resource.ts';

/** An object as it lives in the cluster: the server has given it a place, a uid and a resourceVersion. */
export type Live<T extends { readonly metadata: Metadata }> = Omit<T, 'metadata'> & { readonly metadata: ObjectMeta };

export type Source = Live<IngestionSource>;
export type File = Live<IngestionFile>;
export type Ledger = Live<IngestionLedger>;

type Schema<T> = (raw: unknown) => Parsed<T>;

/** Holds what arrives to its schema; what does not fit fails with the field that is wrong. */
const live =
  <T extends { readonly metadata: Metadata }>(schema: Schema<T>) =>
  (raw: unknown): Live<T> => {
    const parsed = schema(raw);
    if (!parsed.ok) throw new Failed(parsed.failure);
    const { metadata, ...rest } = parsed.value;
    const { namespace, uid, resourceVersion } = metadata;
    if (!namespace || !uid || !resourceVersion) fail('InvalidSpec', 'metadata: namespace, uid and resourceVersion are required');
    return { ...rest, metadata: { ...metadata, namespace, uid, resourceVersion } };
  };

export const sourceKind: Kind<Source> = {
  group,
  version,
  kind: ingestionSourceKind.kind,
  plural: ingestionSourceKind.plural,
  parse: live(parseSource),
};
export const fileKind: Kind<File> = {
  group,
  version,
  kind: ingestionFileKind.kind,
  plural: ingestionFileKind.plural,
  parse: live(parseFile),
};
export const ledgerKind: Kind<Ledger> = {
  group,
  version,
  kind: ingestionLedgerKind.kind,
  plural: ingestionLedgerKind.plural,
  parse: live(parseLedger),
};
