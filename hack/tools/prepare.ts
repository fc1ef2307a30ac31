import { step } from '../prepare/step.mjs';
import { type Found, find, keep } from './cache.ts';
import { toolNamed, variableOf } from './manifest.ts';
import { take } from './ways.ts';

export type Prepared = { readonly ok: true; readonly found: Found } | { readonly ok: false; readonly why: string };

/** Makes a tool available: finds it, or gets it by the first of its ways that works, with a progress line for each try. */
export async function prepareTool(name: string): Promise<Prepared> {
  const tool = toolNamed(name);
  const found = find(tool);
  if (found) return { ok: true, found };

  const tries: string[] = [];
  for (const way of tool.ways) {
    try {
      return { ok: true, found: await step(`${name} (${way.by})`, () => keep(tool, way.by, (folder) => take(way, tool.version, folder))) };
    } catch (error) {
      tries.push(`${way.by}: ${error instanceof Error ? error.message : error}`);
      console.log(`  ${name}, ${tries.at(-1)}`);
    }
  }
  return {
    ok: false,
    why: `${name} ${tool.version} could not be prepared (needed for ${tool.usedFor}).\n  ${tries.join('\n  ')}\n  What helps: ${tool.remedy}.`,
  };
}

/** Puts the place of a prepared tool into the environment, where suites and the demo look for it. */
export function announce(name: string, found: Found): void {
  const tool = toolNamed(name);
  if (tool.folderVariable) process.env[tool.folderVariable] = found.folder;
  for (const program of tool.programs) process.env[variableOf(program)] = `${found.folder}/${program}`;
}

/** Prepares and announces a tool without which there is nothing to do: where it cannot be had, says what helps and ends the process. */
export async function need(name: string): Promise<void> {
  const prepared = await prepareTool(name);
  if (prepared.ok) return announce(name, prepared.found);
  console.error(prepared.why);
  process.exit(1);
}
