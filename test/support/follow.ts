import { request } from 'undici';
import type { IngestionFile } from '../../src/api/ingestionfile.ts';
import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import type { ApiServer } from './api-client.ts';
import { eventually } from './eventually.ts';

/** An object as it was at one moment, kept for as long as a test looks at it. */
export type Revision<T> = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T };

/** Every revision of the objects of a namespace that somebody could have seen, in order. */
export type Followed = {
  readonly sources: readonly Revision<IngestionSource>[];
  readonly records: readonly Revision<IngestionFile>[];
  readonly close: () => Promise<void>;
};

/** Follows sources and records as `kubectl get --watch` does. No client of ours stands between. */
export async function follow({ server, dispatcher }: Pick<ApiServer, 'server' | 'dispatcher'>, namespace: string): Promise<Followed> {
  const over = new AbortController();
  const one = async <T>(plural: string) => {
    const seen: Revision<T>[] = [];
    const path = `${server}/apis/spanferry.io/v1alpha1/namespaces/${namespace}/${plural}?watch=true`;
    const ask = async () => {
      const answer = await request(path, { dispatcher, signal: over.signal, bodyTimeout: 0 });
      if (answer.statusCode !== 200) await answer.body.dump();
      return answer;
    };
    // A kind that was installed a moment ago says 429 until its storage is there.
    const { body } = await eventually(ask, ({ statusCode }) => statusCode === 200);
    const end = read<T>(body, seen).catch((error: unknown) => {
      if (!over.signal.aborted) throw error;
    });
    return { seen, end };
  };
  const [sources, records] = await Promise.all([one<IngestionSource>('ingestionsources'), one<IngestionFile>('ingestionfiles')]);
  return {
    sources: sources.seen,
    records: records.seen,
    close: async () => {
      over.abort();
      await Promise.all([sources.end, records.end]);
    },
  };
}

async function read<T>(body: AsyncIterable<Uint8Array>, into: Revision<T>[]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) into.push(JSON.parse(line) as Revision<T>);
  }
}
