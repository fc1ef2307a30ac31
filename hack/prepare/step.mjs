/**
 * Runs one step of a preparation and prints a line with the time it took. `run` may return a few words on how it went.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function step(name, run) {
  const start = performance.now();
  /** @type {(mark: string, words: string) => void} */
  const line = (mark, words) =>
    console.log(`${mark} ${name.padEnd(28)} ${seconds(performance.now() - start).padStart(8)}${words ? `  ${words}` : ''}`);
  if (process.stdout.isTTY) process.stdout.write(`${emptyLine}… ${name}`);
  try {
    const result = await run();
    if (process.stdout.isTTY) process.stdout.write(emptyLine);
    line('✓', typeof result === 'string' ? result : '');
    return result;
  } catch (error) {
    if (process.stdout.isTTY) process.stdout.write(emptyLine);
    line('✗', '');
    throw error;
  }
}

/** What stands in the line of a terminal goes: another step may run beside this one. */
const emptyLine = '\r\x1b[K';

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
