import { z } from 'zod';
import { fits } from './rule.ts';

/** The longest message of a condition or a status; writers clip to it (see `clip`). */
export const maxMessage = 2_000;

/** The longest key of an object in any of the stores, in bytes. */
export const maxKey = 1_024;

/** Cuts a text to what a status field holds, and shows that it was cut. Never splits a surrogate pair. */
export function clip(text: string, max: number = maxMessage): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}

/** A count that only grows. */
export const count = () => z.int().min(0);

/** A moment: RFC 3339 in UTC or with an offset, as a string. */
export const moment = () => z.iso.datetime({ offset: true }).max(40);

/** The name of an object of Kubernetes. */
export const objectName = () =>
  z.string().max(253).check(fits('^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$', 'a name is made of lower-case letters, digits, dots and hyphens'));

const byte = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
/** What makes the last label of a name no number, decimal or hexadecimal: with one, the URL standard takes a host for an IPv4 address. */
const noNumber = '([A-Za-z_-]|[1-9][0-9]*[A-Za-z_-]|0([0-9]+[A-Za-z_-]|[A-WYZa-wyz_-]|[xX][0-9A-Fa-f]*[G-Zg-z_-]))';
const name = `([A-Za-z0-9_-]+[.])*${noNumber}[A-Za-z0-9_-]*[.]?`;
const four = `${byte}([.]${byte}){3}`;
const group = '[0-9A-Fa-f]{1,4}';
/** Eight groups; or up to seven with one gap, whose place decides how many may follow; or an IPv4 address wrapped into it. */
const gaps = [1, 2, 3, 4, 5, 6].map((before) => `(${group}:){${before}}(:${group}){1,${7 - before}}`);
const six = [`(${group}:){7}${group}`, `(${group}:){1,7}:`, ...gaps, `:((:${group}){1,7}|:)`, `::([Ff]{4}:)?${four}`].join('|');
const host = `(\\[(${six})\\]|${four}|${name})`;
const port = '(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5]?[0-9]{1,4})';
const pattern = `^https?://${host}(:${port})?(/[!"$->@-~]*)?$`;

/** Where a server is. What could hide a secret in a URL (user, query) or mean nothing to a server (fragment) is refused. */
export const endpointUrl = (example: string) =>
  z
    .string()
    .max(512)
    .check(fits(pattern, `an endpoint is an http:// or https:// URL without user, query and fragment, such as ${example}`));

/** Which IngestionSource a record or a segment belongs to. */
export const sourceRef = () => z.object({ name: objectName().describe('Name of the IngestionSource, in the same namespace.') });

/** What a type looks like that nobody may change in place. */
export type Frozen<T> = { readonly [K in keyof T]: Frozen<T[K]> };
