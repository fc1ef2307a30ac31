import type { ServerResponse } from 'node:http';

export type Operation = 'list' | 'get' | 'token';

/** What goes wrong, as seen on the wire. */
export type Fault =
  | { readonly do: 'answer'; readonly status: number; readonly reason?: string; readonly message?: string; readonly retryAfter?: string }
  | { readonly do: 'redirect'; readonly to: string }
  | { readonly do: 'reset' }
  /** The connection breaks after so many bytes of the body. */
  | { readonly do: 'truncate'; readonly after: number }
  /** Nothing comes after so many bytes of the body, and the connection stays open. */
  | { readonly do: 'stall'; readonly after: number }
  /** Something that is asked for elsewhere happens between listing and reading. */
  | { readonly do: 'call'; readonly back: () => void };

/** Faults that wait for their operation, each for a number of times. */
export function faults() {
  const waiting: { readonly on: Operation; readonly fault: Fault; times: number }[] = [];
  return {
    /** The next `times` calls of this operation go wrong. */
    next: (on: Operation, fault: Fault, times = 1) => void waiting.push({ on, fault, times }),
    take: (on: Operation): Fault | undefined => {
      const found = waiting.find((each) => each.on === on && each.times > 0);
      if (found) found.times--;
      return found?.fault;
    },
    clear: () => void waiting.splice(0),
  };
}

/** Sends a body, unless a fault has it end early. */
export function send(response: ServerResponse, body: Buffer, fault: Fault | undefined): void {
  if (fault?.do === 'truncate') response.write(body.subarray(0, fault.after), () => response.destroy());
  else if (fault?.do === 'stall') response.write(body.subarray(0, fault.after));
  else response.end(body);
}
