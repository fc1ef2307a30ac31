import { type File, type Source, sourceKind } from '../../kube/ownkinds.ts';
import { clean } from '../terminal/clean.ts';
import { columnsOf, type Io } from '../terminal/io.ts';
import { paintFor } from '../terminal/paint.ts';
import { wrap } from '../terminal/width.ts';
import { counted } from '../terminal/words.ts';
import { membersOf } from './members.ts';
import { type Form, screenOf, writeNames, writeObjects } from './output.ts';
import { recordsOf } from './records.ts';
import type { Cluster } from './session.ts';
import { done } from './session.ts';
import { signs, silence } from './signs.ts';
import { chosenSources, type SourceChoice, whereOf } from './sources.ts';
import { type Look, statusPage } from './status-page.ts';
import { endOf, misused } from './trouble.ts';

export type StatusOptions = SourceChoice & { readonly watch: boolean; readonly output?: Form };

/** Their records are read for the rate of so many sources at most. */
const RATED = 5;
const REDRAW_MS = 2_000;
/** Cursor home; what is left below the new page goes. */
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** Shows a page for each source; with `watch`, over and over until somebody ends it. */
export async function status(cluster: Cluster, names: readonly string[], options: StatusOptions): Promise<number> {
  const { io } = cluster;
  const { output } = options;
  if (options.watch && output !== undefined && output !== 'wide')
    misused(`--watch draws pages; \`kubectl get isrc -w -o ${output}\` follows objects`);
  if (!options.watch) {
    const sources = await chosenSources(cluster, names, options);
    if (output === 'name') await writeNames(sourceKind, sources, io);
    else if (output === 'json' || output === 'yaml') await writeObjects(output, sources, names.length === 1, io);
    else await io.out.write(`${(await pages(cluster, sources, options)).join('\n')}\n`);
    return done;
  }
  return watched(cluster, names, options);
}

async function watched(cluster: Cluster, names: readonly string[], options: StatusOptions): Promise<number> {
  const { io } = cluster;
  if (io.out.isTTY) await io.out.write('\x1b[2J');
  let isFirst = true;
  for (;;) {
    const lines = await chosenSources(cluster, names, options)
      .then((sources) => pages(cluster, sources, options))
      .catch((thrown) => {
        // What cannot be read at first will not be there later; what breaks in between may come back.
        if (isFirst) throw thrown;
        return [`! ${clean(endOf(thrown, cluster.where).message)}`];
      });
    isFirst = false;
    const text = inWindow(lines, io.out).join(io.out.isTTY ? `${CLEAR_LINE}\n` : '\n');
    await io.out.write(io.out.isTTY ? `${HOME}${text}${CLEAR_LINE}\n${CLEAR_BELOW}` : `${text}\n\n`);
    await io.clock.sleep(REDRAW_MS);
  }
}

/** As much as the window is high: what is longer would scroll with every redraw. */
function inWindow(lines: readonly string[], { isTTY, rows = 0 }: Io['out']): readonly string[] {
  if (!isTTY || rows < 3 || lines.length < rows) return lines;
  const shown = lines.slice(0, rows - 2);
  return [...shown, `… ${counted(lines.length - shown.length, 'more line')}: make the window higher, or name a source`];
}

async function pages(cluster: Cluster, sources: readonly Source[], options: StatusOptions): Promise<readonly string[]> {
  const { io } = cluster;
  const wide = options.output === 'wide';
  const whole = wide || screenOf(io) === undefined;
  const look: Look = { columns: columnsOf(io.out, io.env), paint: paintFor(io.out, io.env), wide, whole };
  if (sources.length === 0) return [`There is no source in ${whereOf(cluster, options)}. \`spanferry create LOCATION\` makes one.`];
  const [rates, alive] = await Promise.all([
    Promise.all(sources.map((source) => rateNow(cluster, source, sources.length))),
    signs(cluster),
  ]);
  const quiet = silence(alive);
  const drawn = sources.map((source, i) => {
    const perSecond = rates[i];
    return statusPage({ source, now: io.clock.now(), ...(perSecond !== undefined && { perSecond }) }, look).join('\n');
  });
  return [
    ...(quiet === undefined ? [] : [...wrap(`! ${quiet}`, look.columns).map(look.paint.yellow), '']),
    ...drawn.join('\n\n').split('\n'),
  ];
}

async function rateNow(cluster: Cluster, source: Source, shown: number): Promise<number | undefined> {
  const { pending = 0, processing = 0, backlog = 0 } = source.status.files ?? {};
  if (shown > RATED || pending + processing + backlog === 0) return undefined;
  const records = await recordsOf(cluster, source).catch(() => []);
  return rateOf(records, cluster.io.clock.now());
}

/** What was finished longer ago says little about now. */
const RECENT_MS = 120_000;

/** Files a second, from the times at which records that are kept were completed; undefined where there are too few. */
export function rateOf(records: readonly File[], now: number): number | undefined {
  const times = records
    .flatMap((record) => membersOf(record).map(() => Date.parse(record.status.completionTime ?? '')))
    .filter((time) => time >= now - RECENT_MS)
    .sort((a, b) => a - b);
  const first = times[0];
  return first === undefined || times.length < 5 ? undefined : times.length / Math.max(1, (now - first) / 1_000);
}
