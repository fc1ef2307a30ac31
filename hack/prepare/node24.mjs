import { fileURLToPath } from 'node:url';

/** The Node 24 that everything else runs on: the running one if it is new enough, else the one of the npm package `node`. */
export function node24() {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= 24 ? process.execPath : fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));
}
