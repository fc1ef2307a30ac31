/**
 * What came from a file, a key or a server may try to write to the terminal: move the cursor, set the title, turn the direction of
 * the text. Everything a person is shown goes through here.
 */

/** Whole escape sequences, so that no "[31m" is left behind: CSI; OSC, DCS and their like up to their end; all others. */
const sequences =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f\n]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]/g;

/** Controls, also of the upper half; marks, overrides and isolates of direction; what is invisible but for the joiner of emoji. */
const controls =
  /[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

const lineBreaks = /\r\n?|[\v\f\x85\u2028\u2029]/g;

/** A text of any length without controls. Line breaks stay, tabs become spaces. */
export function cleanLines(text: string): string {
  if (/^[\x20-\x7e\n]*$/.test(text)) return text;
  return text.toWellFormed().replace(sequences, '').replace(lineBreaks, '\n').replaceAll('\t', '  ').replace(controls, '');
}

/** The same as one line: white space in a row becomes one space. */
export const clean = (text: string): string => cleanLines(text).replace(/\s+/g, ' ').trim();

/** JSON for programs is shown on terminals as well: what `JSON.stringify` leaves of the controls is escaped, its meaning unchanged. */
export const safeJson = (json: string): string => (ascii.test(json) ? json : json.replace(controls, escaped));

const ascii = /^[\x20-\x7e]*$/;

const escaped = (found: string): string =>
  Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
