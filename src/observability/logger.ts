import { type DestinationStream, type Logger, pino } from 'pino';
import { redacted, redactedFields } from './redact.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Every line has these three already. */
type Reserved = { readonly level?: never; readonly time?: never; readonly message?: never };
type Fields = Readonly<Record<string, unknown>> & Reserved;
type Write = (message: string, fields?: Fields) => void;

/** One line of JSON per event: `message` is a short constant sentence, everything that varies is a field. */
export type Log = { readonly [level in LogLevel]: Write } & {
  /** The same log with fields that every line carries. */
  readonly with: (fields: Fields) => Log;
};

export type LogOptions = {
  readonly level?: LogLevel;
  /** Fields of every line: replica, version. */
  readonly fields?: Fields;
  /** Where lines go; standard output if left out. */
  readonly to?: DestinationStream;
};

/**
 * Lines are written synchronously by this very thread. A transport thread would cost 40 MB, lose the last lines of a crash
 * and hide what a paused process was about to say.
 */
export function logger({ level = 'info', fields = {}, to }: LogOptions = {}): Log {
  const settings = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const root = pino(settings, to ?? pino.destination({ dest: 1, sync: true }));
  return build(root, redactedFields(fields));
}

/** Says nothing. */
export const silentLog: Log = logger({ to: { write: () => {} } });

type Sink = Pick<Logger, LogLevel | 'isLevelEnabled'>;

function build(sink: Sink, common: Readonly<Record<string, unknown>>): Log {
  const write =
    (level: LogLevel): Write =>
    (message, fields = {}) => {
      if (sink.isLevelEnabled(level)) sink[level]({ ...common, ...redactedFields(fields) }, redacted(message));
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => build(sink, { ...common, ...redactedFields(fields) }),
  };
}
