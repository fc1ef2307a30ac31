import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Tool } from './manifest.ts';

/** Where prepared tools are kept between runs: outside the repository, one folder per tool and version. */
const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'spanferry', 'tools');

/** A tool that is there, and where it came from. */
export type Found = { readonly folder: string; readonly from: string };

const folderOf = (tool: Tool): string => join(cacheFolder(), tool.name, `${tool.version}-${process.platform}-${process.arch}`);

/** Looks where nothing has to be fetched: the tool's own variable, then the cache. */
export function find(tool: Tool): Found | undefined {
  const named = tool.folderVariable && process.env[tool.folderVariable];
  if (named) {
    if (complete(tool, named)) return { folder: named, from: `$${tool.folderVariable}` };
    throw new Error(`${tool.folderVariable} is set to ${named}, but not all of ${tool.programs.join(', ')} are there; correct or unset it`);
  }
  const folder = folderOf(tool);
  return complete(tool, folder) ? { folder, from: readFileSync(join(folder, 'from'), 'utf8') } : undefined;
}

/** Lets `fill` put the programs into an empty folder, and keeps the folder only when all of them are there and run. */
export async function keep(tool: Tool, from: string, fill: (folder: string) => Promise<void>): Promise<Found> {
  const folder = folderOf(tool);
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await fill(unfinished);
    if (!complete(tool, unfinished)) throw new Error(`${tool.programs.join(', ')} did not come out of it`);
    writeFileSync(join(unfinished, 'from'), from);
    // Somebody else may have been faster and use it already.
    if (complete(tool, folder)) return { folder, from };
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
    return { folder, from };
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function complete(tool: Tool, folder: string): boolean {
  return tool.programs.every((program) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return existsSync(join(folder, program));
    } catch {
      return false;
    }
  });
}
