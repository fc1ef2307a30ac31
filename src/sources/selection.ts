import { createHash } from 'node:crypto';
import { type Failure, failureOf } from '../api/failure.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import { prefixOf } from '../api/match.ts';
import type { Place } from '../stores/provider.ts';
import { placeOf } from '../stores/registry.ts';
import { type Filter, filter } from './filter.ts';

/** Which files match, ready for use. `digest` tells selections apart. */
export type Selection = { readonly digest: string; readonly filter: Filter; readonly notBefore: number };

/** Made anew only when something in it was edited: globs are costly to compile. */
export function selected(before: Selection | undefined, spec: SourceSpec, after: number): Selection | Failure {
  const { interval: _, modified, ...scan } = spec.scan;
  const parts = [prefixOf(spec), scan, spec.format, modified?.before, after];
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
  if (before?.digest === digest) return before;
  try {
    return { digest, filter: filter(spec, after), notBefore: after };
  } catch (thrown) {
    return { reason: 'InvalidSpec', message: `spec.scan: ${failureOf(thrown).message}` };
  }
}

/** Where a source looks. What no schema can see may still be wrong with it, such as a port above 65535. */
export function placed({ store }: Pick<SourceSpec, 'store'>): Place | Failure {
  try {
    return placeOf(store);
  } catch (thrown) {
    return { reason: 'InvalidSpec', message: `spec.store: ${failureOf(thrown).message}` };
  }
}

/** Tells a failure from what was asked for. */
export const isFailure = (result: object): result is Failure => 'reason' in result;
