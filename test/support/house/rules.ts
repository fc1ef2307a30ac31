import { posix } from 'node:path';
import { type Import, importsOf } from './imports.ts';

/** Files of the house with their text, by path from its root, such as `src/api/kind.ts`. */
export type House = ReadonlyMap<string, string>;

/** Rooms from the ground up. Arrows point down: a room may import what is below it, and nothing beside it. */
const storeys: readonly (readonly string[])[] = [
  ['std'],
  ['observability'],
  ['api'],
  ['ledger', 'transcode', 'delivery', 'stores', 'control', 'kube'],
  ['sources', 'dispatch', 'worker'],
  ['operator', 'cli'],
  ['main'],
];

/** Who may import a package that the rest of the house must not know. */
const keepers: readonly { readonly packages: RegExp; readonly room: string; readonly cloud: boolean }[] = [
  { packages: /^@kubernetes\/client-node(\/|$)/, room: 'src/kube/', cloud: false },
  { packages: /^@aws-sdk\/client-xray$/, room: 'src/stores/xray/', cloud: true },
  { packages: /^@(aws-sdk|smithy|aws-crypto)\//, room: 'src/stores/s3/', cloud: true },
  { packages: /^(@google-cloud\/|google-auth-library(\/|$)|gaxios(\/|$))/, room: 'src/stores/gcs/', cloud: true },
  { packages: /^@azure\//, room: 'src/stores/azureblob/', cloud: true },
];

/** Commands that must work without a cluster and without any cloud. */
const offline = ['src/cli/validate.ts', 'src/cli/convert.ts', 'src/cli/view.ts'];
const offlineRooms = new Set(['cli', 'transcode', 'api', 'observability', 'std']);

/** `src/stores/s3/store.ts` is in room stores; `src/operator.ts` is a room of its own. */
const roomOf = (file: string): string => (file.split('/')[1] ?? '').replace(/\.ts$/, '');

const storeyOf = (room: string): number => storeys.findIndex((rooms) => rooms.includes(room));

const resolved = (file: string, from: string): string => posix.join(posix.dirname(file), from);

type Arrow = Import & { readonly file: string; readonly to: string };

/** What an import may not do. Each check is one sentence of the rule. */
const checks: readonly ((arrow: Arrow) => string | undefined)[] = [
  ({ from }) => (from === undefined ? 'an import names its module, so that it can be checked' : undefined),
  ({ from, to }) =>
    from?.startsWith('.') && !to.startsWith('src/') && to !== 'package.json'
      ? 'src imports nothing from test/, hack/ or elsewhere'
      : undefined,
  ({ file }) => (storeyOf(roomOf(file)) < 0 ? `${roomOf(file)} is no room of the house` : undefined),
  ({ to }) => (inHouse(to) && storeyOf(roomOf(to)) < 0 ? `${roomOf(to)} is no room of the house` : undefined),
  ({ file, to }) => {
    const [here, there] = [roomOf(file), roomOf(to)];
    if (!inHouse(to) || here === there || storeyOf(there) < storeyOf(here)) return undefined;
    return storeyOf(there) === storeyOf(here) ? `${here} and ${there} are of the same rank` : `${there} is above ${here}`;
  },
  ({ file, from }) => {
    const keeper = keepers.find(({ packages }) => from !== undefined && packages.test(from));
    return keeper && !file.startsWith(keeper.room) ? `only ${keeper.room} imports this package` : undefined;
  },
];

const inHouse = (to: string): boolean => to.startsWith('src/');

const arrowsOf = (house: House): readonly Arrow[] =>
  [...house].flatMap(([file, text]) =>
    importsOf(text).map((each) => ({ ...each, file, to: each.from?.startsWith('.') ? resolved(file, each.from) : (each.from ?? '') })),
  );

const complaint = ({ file, from }: Pick<Arrow, 'file' | 'from'>, rule: string): string =>
  `${file} imports ${from ?? '(computed)'}: ${rule}`;

/** Every import that breaks the rule of the house: file, import and rule. */
export function complaints(house: House): readonly string[] {
  const arrows = arrowsOf(house);
  const single = arrows.flatMap((arrow) => {
    const rule = checks.map((check) => check(arrow)).find((broken) => broken !== undefined);
    return rule === undefined ? [] : [complaint(arrow, rule)];
  });
  return [...single, ...eagerClouds(arrows), ...onlineParts(arrows)];
}

/** All that a file brings along when it is loaded: what it imports statically, and what that imports. */
function loadedWith(arrows: readonly Arrow[], start: string): ReadonlySet<string> {
  const found = new Set([start]);
  for (const file of found) {
    for (const arrow of arrows) if (arrow.file === file && !arrow.dynamic && !arrow.typeOnly) found.add(arrow.to);
  }
  return found;
}

/** A cloud's SDK is loaded when the first source needs it: no chain of static imports leads into it from outside its provider. */
function eagerClouds(arrows: readonly Arrow[]): readonly string[] {
  const clouds = keepers.filter(({ cloud }) => cloud);
  const from = arrows.filter(({ file, to, dynamic, typeOnly }) => {
    if (dynamic || typeOnly) return false;
    // What is in a cloud's room is loaded with it; X-Ray shares credentials with S3.
    return clouds.some(({ room }) => to.startsWith(room)) && !clouds.some(({ room }) => file.startsWith(room));
  });
  return from.flatMap((arrow) => {
    const sdk = [...loadedWith(arrows, arrow.to)].find((to) => clouds.some(({ packages }) => packages.test(to)));
    return sdk === undefined ? [] : [complaint(arrow, `it would load ${sdk} at once: use import() where a source needs it`)];
  });
}

function onlineParts(arrows: readonly Arrow[]): readonly string[] {
  return offline.flatMap((command) => {
    const parts = loadedWith(arrows, command);
    return arrows
      .filter(({ file, to, dynamic, typeOnly }) => parts.has(file) && file.startsWith('src/cli/') && inHouse(to) && !dynamic && !typeOnly)
      .filter(({ to }) => !offlineRooms.has(roomOf(to)))
      .map((arrow) => complaint(arrow, `${command} works offline, with transcode and what is below it`));
  });
}
