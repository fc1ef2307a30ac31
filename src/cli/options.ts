import { defaultSettings, type Format, type Settings } from '../transcode/port.ts';

/** How a command ends: it is done; the answer is no; it was not understood; there is no way to the cluster. */
export const exitCodes = { done: 0, no: 1, usage: 2, unreachable: 3 } as const;

/** Options that every offline command knows. */
export type FileOptions = { readonly format: Format; readonly maxExpansionRatio?: number };

/** Names of the formats on the command line. */
export const formats: Readonly<Record<string, Format>> = { auto: 'Auto', otlp: 'OTLP', monocle: 'Monocle' };

export const settingsOf = ({ format, maxExpansionRatio }: FileOptions): Settings => ({
  ...defaultSettings,
  format,
  ...(maxExpansionRatio === undefined ? {} : { maxExpansionRatio }),
});
