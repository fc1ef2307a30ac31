import { isMap, isNode, isScalar, parseDocument, type YAMLMap } from 'yaml';

type Value = { readonly path: string; readonly fallback: string; readonly text: string };

const COMMENT = /^ *-- /;

/** Every value that has a comment `# -- …` above it, in the order of values.yaml. */
function valuesOf(yaml: string): readonly Value[] {
  const { contents } = parseDocument(yaml);
  return isMap(contents) ? below(contents, '') : [];
}

function below(map: YAMLMap, prefix: string): readonly Value[] {
  return map.items.flatMap(({ key, value }, index) => {
    if (!isScalar(key)) return [];
    const path = `${prefix}${key.value}`;
    // The comment above the first key of a map belongs to the map in this parser's eyes.
    const text = sentence(key.commentBefore ?? (index === 0 ? map.commentBefore : undefined));
    if (text === '' && isMap(value)) return below(value, `${path}.`);
    return [{ path, fallback: isNode(value) ? JSON.stringify(value.toJSON()) : '', text }];
  });
}

const sentence = (comment: string | null | undefined): string =>
  (comment ?? '')
    .split('\n')
    .filter((line) => COMMENT.test(line))
    .map((line) => line.replace(COMMENT, ''))
    .join(' ');

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The table of values for the README. */
const table = (values: readonly Value[]): string =>
  ['| value | default | what it is |', '| --- | --- | --- |']
    .concat(values.map(({ path, fallback, text }) => `| \`${path}\` | \`${cell(fallback)}\` | ${cell(text)} |`))
    .join('\n');

/** The page with what stands between its marks replaced. */
export function pageText(page: string, values: string): string {
  const marks = /(<!-- values -->\n)[\s\S]*(\n<!-- end of values -->)/;
  if (!marks.test(page)) throw new Error('the README of the chart has lost the marks of its table of values');
  return page.replace(marks, (_all, before: string, after: string) => `${before}\n${table(valuesOf(values))}\n${after}`);
}
