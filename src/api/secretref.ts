import { z } from 'zod';
import { objectName } from './fields.ts';
import { fits } from './rule.ts';

const secretName = () => objectName().describe('Name of the Secret, in the namespace of the source.');

const secretKey = () =>
  z.string().max(253).check(fits('^[-._a-zA-Z0-9]+$', 'a key of a Secret is made of letters, digits, dots, hyphens and underscores'));

/** A whole Secret, whose keys have fixed names or are all meant. Always of the source's own namespace. */
export const secretRef = () => z.object({ name: secretName() });

/** One key of a Secret, with a name that is usual for what it holds. */
export const secretKeyRef = (usualKey: string) =>
  z.object({
    name: secretName(),
    key: secretKey().default(usualKey).describe('Key in the Secret whose value is taken.'),
  });
