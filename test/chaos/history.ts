/** Something that may make the operator send again what it had sent: what it hit, and when. */
export type Disturbance = {
  readonly from: number;
  /** The end of the trouble; a kill is a moment. */
  until: number;
  /** The process that it hit; every one where left out. */
  readonly process?: string;
  /** The place that it hit, whatever process is there; every one where left out. */
  readonly slot?: number;
  /** The source that it hit; every one where left out. */
  readonly source?: string;
  /** The file that it hit, by number; every one where left out. */
  readonly file?: number;
  /** It only ends what is under way, of which a busy process may not have heard the answer yet. */
  readonly underWay?: true;
  readonly what: string;
};

/** One request that reached the collector. Times are milliseconds since the beginning. */
export type Request = {
  /** When it came; a slow collector answers later. */
  readonly came: number;
  /** When it was answered. */
  readonly at: number;
  /** Which process sent it; undefined where a request carries no sign of that. */
  readonly process?: string;
  readonly ids: readonly string[];
  /** Ids that the collector took for good. */
  readonly took: ReadonlySet<string>;
  /** The answer was sent, and no trouble kept it from being heard. */
  readonly acknowledged: boolean;
  readonly status: number;
};

export type History = {
  readonly requests: Request[];
  readonly disturbances: Disturbance[];
  /** What happened, for people, in order. */
  readonly lines: string[];
  readonly now: () => number;
  readonly say: (text: string) => void;
  /** A disturbance that begins now; the returned function ends it. */
  readonly disturb: (what: string, hit?: Omit<Disturbance, 'from' | 'until' | 'what'>) => () => void;
};

/** An empty history whose clock starts now. */
export function beginHistory(tell: (line: string) => void = () => {}): History {
  const start = performance.now();
  const now = () => Math.round(performance.now() - start);
  const lines: string[] = [];
  const disturbances: Disturbance[] = [];
  const say = (text: string) => {
    const line = `${(now() / 1_000).toFixed(1).padStart(7)}  ${text}`;
    lines.push(line);
    tell(line);
  };
  return {
    requests: [],
    disturbances,
    lines,
    now,
    say,
    disturb: (what, hit = {}) => {
      say(what);
      const one: Disturbance = { from: now(), until: Number.POSITIVE_INFINITY, what, ...hit };
      disturbances.push(one);
      return () => {
        one.until = now();
      };
    },
  };
}
