import type { PageData } from './model.ts';
import { page } from './page.generated.ts';

/**
 * One page with everything in it. Data goes in as JSON that no parser of HTML can leave, into a block that is never run; the page's
 * own policy lets nothing run but its one script, and asks no network.
 */
export function pageText(data: PageData): string {
  const [beforeTitle = '', beforeData = '', after = ''] = page.split(/%TITLE%|"%DATA%"/);
  return `${beforeTitle}${escaped(data.name)}${beforeData}${inBlock(data)}${after}`;
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);

/** `<` starts the end of a block or a comment, and the two separators end a line for old parsers of JavaScript. */
const inBlock = (data: PageData): string =>
  JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
