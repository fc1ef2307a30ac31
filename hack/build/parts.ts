import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A part of the command that is large and that most commands do without: the file whose import() loads it. */
export type Part = {
  readonly entry: string;
  /** Packages that it does not bring along, but borrows from the part that loads it. */
  readonly borrowed?: readonly string[];
};

/** A part, ready to be put inside. */
export type Packed = { readonly entry: string; readonly text: string; readonly metafile: Metafile };

/** Bundles a part by itself and packs it as text. To read over a packed text costs next to nothing; to parse its code would cost every command. */
export async function pack({ entry, borrowed = [] }: Part, options: BuildOptions): Promise<Packed> {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: [entry],
    plugins: [outside('packed', ...borrowed), ...(options.plugins ?? [])],
    format: 'cjs',
    write: false,
    metafile: true,
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  const text = brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: code.length } }).toString('base64');
  return { entry, text, metafile };
}

/** Before any other plugin has its way with them. */
const outside = (...packages: readonly string[]): Plugin => ({
  name: 'outside',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[a-z]+$/ }, ({ path }) => (packages.includes(path) ? { path, external: true } : undefined)),
});

/** Where a part is imported, it is unpacked and run when that import() is reached, and only then. In the command itself and in other parts. */
export const partsApart = (parts: readonly Part[]): Plugin => ({
  name: 'parts-apart',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, resolveDir, kind }) => {
      const entry = relative(root, resolve(resolveDir, path));
      return kind === 'dynamic-import' && parts.some((part) => part.entry === entry) ? { path: entry, namespace: 'part' } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({
      contents: `module.exports = require('packed').unpacked('${path}', require('lent to ${path}'));`,
    }));
    // An ES module, so that it lends what everybody else imports, and not the same again for require().
    onResolve({ filter: /^lent to / }, ({ path }) => ({ path: path.slice('lent to '.length), namespace: 'lent' }));
    onLoad({ filter: /.*/, namespace: 'lent' }, ({ path }) => {
      const { borrowed = [] } = parts.find(({ entry }) => entry === path) ?? {};
      return { contents: borrowed.map((each) => `export * as ${each} from '${each}';`).join('\n') || 'export {};', resolveDir: root };
    });
  },
});

/** Puts the packed parts into the command, once, with what unpacks them. */
export const partsInside = (packed: readonly Packed[]): Plugin => ({
  name: 'parts-inside',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^packed$/ }, () => ({ path: 'packed', namespace: 'packed' }));
    onLoad({ filter: /.*/, namespace: 'packed' }, () => ({ contents: unpacking(packed) }));
  },
});

const unpacking = (packed: readonly Packed[]): string => `
const texts = {
  ${packed.map(({ entry, text }) => `'${entry}': '${text}',`).join('\n  ')}
};
const builtin = process.getBuiltinModule;
// Beside what it borrows, a part asks for modules of Node alone.
const ofNode = builtin('node:module').createRequire(process.execPath);
exports.unpacked = (entry, lent) => {
  const module = { exports: {} };
  const code = builtin('node:zlib').brotliDecompressSync(Buffer.from(texts[entry], 'base64')).toString('latin1');
  const run = builtin('node:vm').compileFunction(code, ['module', 'exports', 'require'], { filename: entry });
  run(module, module.exports, (wanted) => (wanted === 'packed' ? exports : (lent[wanted] ?? ofNode(wanted))));
  return module.exports;
};
`;
