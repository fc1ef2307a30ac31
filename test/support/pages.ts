import { globSync, readFileSync } from 'node:fs';

/** A fenced block of a page, and the comment that stands right above it: why a test cannot run or apply it, or who does. */
export type Block = {
  readonly page: string;
  /** "docs/operations.md:35", for the title of a test. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  readonly mark?: string;
};

const patterns = ['*.md', 'docs/**/*.md', 'config/*.md', 'charts/*/*.md'];

/** Every page that people read. */
export const pages: readonly string[] = patterns.flatMap((pattern) => globSync(pattern)).sort();

/** The blocks of a page in their order. */
export function blocksOf(page: string): readonly Block[] {
  const lines = readFileSync(page, 'utf8').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const language = /^```(\w*)$/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    const above = lines.slice(0, at).findLast((line) => line !== '');
    const mark = /^<!-- (.+) -->$/.exec(above ?? '')?.[1];
    const text = `${lines.slice(at + 1, end).join('\n')}\n`;
    blocks.push({ page, place: `${page}:${at + 1}`, language, text, ...(mark !== undefined && { mark }) });
    at = end;
  }
  return blocks;
}

/** Under which name a page tells people to save a block: "# source.yaml" in its first line. */
export const savedAs = ({ text }: Block): string | undefined => /^# ([\w-]+\.yaml)\n/.exec(text)?.[1];
