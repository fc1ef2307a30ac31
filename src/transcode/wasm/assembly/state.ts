/**
 * What all functions of the kernel share. Every reading function takes the address it reads at and returns the address behind what
 * it read, or 0 after noting where it stopped in `fault`. They write at `out` and move it. Nothing here is allocated.
 */

/** The write cursor, in the arena. */
export let out: usize = 0;
/** Where reading could not go on. Near the end of the window it only means that more input is needed. */
export let fault: usize = 0;

@inline
export function setOut(at: usize): void {
  out = at;
}

@inline
export function fail(at: usize): usize {
  fault = at;
  return 0;
}

/** Objects and arrays in values deeper than this are for the lenient path. */
export const MAX_DEPTH: i32 = 32;

export const QUOTE: u8 = 0x22;
export const COMMA: u8 = 0x2c;
export const COLON: u8 = 0x3a;
export const OPEN: u8 = 0x7b;
export const CLOSE: u8 = 0x7d;
export const OPEN_LIST: u8 = 0x5b;
export const CLOSE_LIST: u8 = 0x5d;
export const BACKSLASH: u8 = 0x5c;
