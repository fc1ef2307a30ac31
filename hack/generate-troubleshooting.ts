import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type FailureKind, reasons } from '../src/api/reasons.ts';

// docs/troubleshooting.md is the table of reasons for people. With --check: says whether it is fresh.

const page = fileURLToPath(new URL('../docs/troubleshooting.md', import.meta.url));

const chapters: Record<FailureKind, string> = {
  waiting: `## Somebody must act

Nothing is used up and nothing is lost: as soon as the cause is mended, everything flows on by itself.`,
  transient: `## It is tried again

These come and go. Look closer when one stays.`,
  terminal: `## The file is the cause

Trying again cannot help until the file, its writer or the source changes. Then retry it: \`kubectl annotate ingestionfile NAME
spanferry.io/retry=$(date +%s)\`, or all failed files of a source with \`spanferry.io/retry-failed\` on the IngestionSource.`,
};

/** Fields, flags, actions and annotations, as code; what is code already stays. */
const marked = (text: string): string =>
  text.replaceAll(
    /`[^`]*`|(?<!\w)(?:--[a-z-]+|spec\.\w+(?:\.\w+)*|\b[a-z]+:[A-Z]\w+|spanferry\.io\/[\w-]+|application\.id|[a-z]+[A-Z]\w*)/g,
    (found) => (found.startsWith('`') ? found : `\`${found}\``),
  );

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const section = (kind: FailureKind): string => {
  const rows = Object.entries(reasons)
    .filter(([, row]) => row.kind === kind)
    .map(
      ([reason, { means, remedy }]) =>
        `### ${reason}\n\n${marked(sentence(means))} **What to do:** ${marked(remedy.replace(/^nothing to do/, 'nothing'))}.`,
    );
  return [chapters[kind], ...rows].join('\n\n');
};

const text = `<!-- Made from src/api/reasons.ts by \`npm run generate\`. -->

# Troubleshooting

Every failure has a reason. It is the same word in conditions, events, metrics, logs and on the command line, and this page says for each
what it means and what to do.

${(['waiting', 'transient', 'terminal'] as const).map(section).join('\n\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/troubleshooting.md is stale: run `npm run generate`');
  process.exitCode = 1;
}
