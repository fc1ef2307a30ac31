/** How long an address may take to answer at all. Behind a firewall that drops packets nothing else would end the wait. */
const ANSWER_WITHIN_MS = 10_000;

/** How long a download may stand still once it runs. */
const STALL_MS = 30_000;

/** Downloads a file into memory. An address that cannot be reached gives up within ten seconds, with a sentence. */
export async function fetchFile(url: string, answerWithinMs = ANSWER_WITHIN_MS): Promise<Buffer> {
  const abort = new AbortController();
  const host = new URL(url).host;
  let timer = setTimeout(() => abort.abort(new Error(`${host} did not answer within ${answerWithinMs / 1000} s`)), answerWithinMs);
  try {
    const response = await fetch(url, { signal: abort.signal }).catch((error: Error & { cause?: { code?: string } }) => {
      throw abort.signal.aborted ? abort.signal.reason : new Error(`${host} cannot be reached (${error.cause?.code ?? error.message})`);
    });
    if (!response.ok || !response.body) throw new Error(`${host} answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(new Error(`the download from ${host} stands still`)), STALL_MS);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
}
