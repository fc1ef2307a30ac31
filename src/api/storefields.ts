import { z } from 'zod';
import { maxKey } from './fields.ts';
import { onChange } from './rule.ts';

/** Where in a bucket to look. It may change: identity of a file does not depend on it. */
export const prefix = () =>
  z.string().max(maxKey).default('').describe('Only keys that start with this, such as agents/prod/. Left out: the whole bucket.');

/**
 * What makes the identity of a file stays for the life of a source: neither changed, nor added, nor removed. Written with has(),
 * since CEL's optional values (`self.?endpoint`) are estimated far above the cost that a CRD may have.
 */
export const sameForLife = <T>(field: string): z.core.$ZodCheck<T> =>
  onChange<T>(
    `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
    `${field} cannot change: make another IngestionSource for another ${field}`,
  );
