/** A metric that a query reads, and the labels of it that it names. */
export type Asked = { readonly metric: string; readonly labels: readonly string[] };

const words = new Set(['and', 'or', 'unless', 'bool', 'on', 'ignoring', 'group_left', 'group_right', 'offset']);

/** What a query reads. Grouping names labels of each metric in it. Enough of PromQL for queries of our own; promtool judges the syntax. */
export function askedOf(query: string): readonly Asked[] {
  const grouped = [...query.matchAll(/\b(?:by|without)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((name) => name.trim()),
  );
  const bare = query
    .replaceAll(/\b(?:by|without)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\b\d[\w.]*/g, ' ');
  return [...bare.matchAll(/([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\(|)/g)]
    .filter(([, name = '', after]) => after !== '(' && !words.has(name))
    .map(([, metric = '', selector = '']) => ({
      metric,
      labels: [...new Set([...grouped, ...[...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, name = '']) => name)])].sort(),
    }));
}

/** The names of all metrics that a process shows, each with the labels of its lines. */
export function shownIn(exposition: string): ReadonlyMap<string, ReadonlySet<string>> {
  const shown = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of exposition.matchAll(/^([a-zA-Z_:][\w:]*)(\{.*\})? /gm)) {
    const known = shown.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label);
    shown.set(name, known);
  }
  return shown;
}
