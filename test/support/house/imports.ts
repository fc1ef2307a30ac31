/** One import as it stands in a file. */
export type Import = {
  /** What is written between the quotes; undefined where it is computed. */
  readonly from: string | undefined;
  /** `import type` and `export type` leave nothing behind at run time. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
};

// The formatter puts every statement at the start of a line, so no parser is needed to find one.
const statement = /^(?:import|export)\s+(type\s+)?(?:[\w\s{},*$]*?\sfrom\s*|)(['"])([^'"\n]+)\2/gm;
const call = /\bimport\(\s*(?:(['"])([^'"\n]+)\1\s*[,)])?/g;
const comment = /^\s*(?:\/\/|\/?\*).*$/gm;

/** Every import of a source text, static and dynamic, those of types included. */
export function importsOf(source: string): readonly Import[] {
  const text = source.replace(comment, '');
  const statements = [...text.matchAll(statement)].map(
    (match): Import => ({ from: match[3], typeOnly: match[1] !== undefined, dynamic: false }),
  );
  const calls = [...text.matchAll(call)].map((match): Import => ({ from: match[2], typeOnly: false, dynamic: true }));
  return [...statements, ...calls];
}
