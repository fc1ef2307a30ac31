const LONGEST = 300;

/** Words of a server, fit for a status or a log: one line, no control characters, no query strings, not too long. */
export function wordsOf(text: string): string {
  const oneLine = text
    .replace(/(\bhttps?:\/\/[^\s?"'<>]*)\?[^\s"'<>]*/g, '$1')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim();
  return oneLine.length > LONGEST ? `${oneLine.slice(0, LONGEST - 1)}…` : oneLine;
}
