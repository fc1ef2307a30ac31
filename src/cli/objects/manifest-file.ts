import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import type { IngestionSource } from '../../api/ingestionsource.ts';
import { parseSource } from '../../api/parse.ts';
import type { Secrets } from '../../stores/provider.ts';
import { misused } from '../cluster/trouble.ts';
import type { Io } from '../terminal/io.ts';
import { nameOf } from '../terminal/trouble.ts';

/** An IngestionSource of a file, and the Secrets that lie in the same file. */
export type FromFile = { readonly source: IngestionSource; readonly secrets: Secrets };

/** Reads a manifest, YAML or JSON, with one IngestionSource among its documents; `-` is standard input. */
export async function manifestFrom(file: string, { stdin }: Pick<Io, 'stdin'>): Promise<FromFile> {
  const what = nameOf(file);
  const text =
    file === '-' ? (await buffer(stdin)).toString() : await readFile(file, 'utf8').catch(() => misused(`${file} cannot be read`));
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) misused(`${what} holds no document`);
  const broken = documents.find(({ errors }) => errors.length > 0);
  if (broken) misused(`${what} is no YAML: ${broken.errors[0]?.message.split('\n')[0]}`);
  const objects: unknown[] = documents.map((document) => document.toJS());
  const sources = objects.filter((object) => kindOf(object) === 'IngestionSource');
  if (sources.length !== 1)
    misused(
      `${what} holds ${sources.length === 0 ? 'no IngestionSource' : `${sources.length} IngestionSources, and one is looked at: name it`}`,
    );
  const parsed = parseSource(sources[0]);
  if (!parsed.ok) return misused(`${what}: ${parsed.failure.message}`);
  return { source: parsed.value, secrets: Object.fromEntries(objects.filter((object) => kindOf(object) === 'Secret').map(secretOf)) };
}

const kindOf = (object: unknown): unknown => (isRecord(object) ? object.kind : undefined);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

function secretOf(object: unknown): [string, Readonly<Record<string, string>>] {
  const { metadata, data, stringData } = isRecord(object) ? object : {};
  const texts = (of: unknown): [string, string][] => Object.entries(isRecord(of) ? of : {}).map(([key, value]) => [key, String(value)]);
  const decoded = texts(data).map(([key, value]): [string, string] => [key, Buffer.from(value, 'base64').toString('utf8')]);
  return [isRecord(metadata) ? String(metadata.name) : '', Object.fromEntries([...decoded, ...texts(stringData)])];
}
