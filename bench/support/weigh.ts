import { readFileSync, writeFileSync } from 'node:fs';

/** What a process of this machine has used so far, all threads included. Read from /proc, so that the process itself has no part in it. */
export type Weight = { readonly cpuMs: number; readonly rssMb: number; readonly peakMb: number };

/** Linux counts CPU time in hundredths of a second wherever Node runs. */
const TICK_MS = 10;

export function weigh(pid: number): Weight {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program may hold blanks; what follows it does not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024) / 1e6;
  return { cpuMs: TICK_MS * (Number(fields[11]) + Number(fields[12])), rssMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') };
}

/** From now on the peak is counted anew. */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');
