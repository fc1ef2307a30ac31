import { basename } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

/** A part of the command that is large and that most commands do without: the file whose import() loads it, and what it exports. */
export type Part = { readonly entry: string; readonly exported: string };

/** A part, ready to be put inside. */
export type Packed = Part & { readonly text: string; readonly metafile: Metafile };

/** Bundles a part by itself and packs it as text. To read through a packed text costs nothing; to parse its code would cost every command. */
export async function pack(part: Part, options: BuildOptions): Promise<Packed> {
  const { outputFiles, metafile } = await build({ ...options, entryPoints: [part.entry], format: 'cjs', write: false, metafile: true });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  const text = brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: code.length } }).toString('base64');
  return { ...part, text, metafile };
}

/** Puts packed parts where the command imports them: unpacked and run when that import() is reached, and only then. */
export const partsInside = (parts: readonly Packed[]): Plugin => ({
  name: 'parts-inside',
  setup({ onResolve, onLoad }) {
    const partOf = (path: string): Packed | undefined => parts.find(({ entry }) => basename(entry) === basename(path));
    onResolve({ filter: /^\.\/(cluster|objects)\// }, ({ path, kind }) =>
      kind === 'dynamic-import' && partOf(path) ? { path, namespace: 'part' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({ contents: unpacking(partOf(path)), loader: 'js' }));
  },
});

const unpacking = (part: Packed | undefined): string => `
const module = { exports: {} };
const builtin = process.getBuiltinModule;
const code = builtin('node:zlib').brotliDecompressSync(Buffer.from('${part?.text}', 'base64')).toString();
const run = builtin('node:vm').compileFunction(code, ['module', 'exports', 'require'], { filename: '${basename(part?.entry ?? '')}' });
run(module, module.exports, builtin('node:module').createRequire(import.meta.url));
export const ${part?.exported} = module.exports.${part?.exported};
`;

/**
 * Of the Kubernetes client only what reads a kubeconfig is used here, but that file imports the generated API and thousands of models, for a
 * method that nobody calls. They stay outside of the command: a third of its start.
 */
export const kubeconfigAlone: Plugin = {
  name: 'kubeconfig-alone',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/(gen\/index|middleware)\.js$/ }, ({ importer }) =>
      /client-node\/dist\/config\.js$/.test(importer) ? { path: 'generated', namespace: 'unused' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: 'export const createConfiguration = undefined, ServerConfiguration = undefined, setHeaderMiddleware = undefined;',
    }));
  },
};
