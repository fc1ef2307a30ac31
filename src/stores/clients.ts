/** Hands out shared clients: one per key, closed when nobody has used it for a while. */
export type Clients<Client> = {
  /** The client of this key, made now where there is none. The caller gives it back with `release`. */
  readonly take: (key: string, make: () => Client) => { readonly client: Client; readonly release: () => void };
  /** Closes the clients nobody uses now, and the others as soon as they are given back. */
  readonly close: () => void;
};

type Entry<Client> = { readonly client: Client; users: number; timer?: NodeJS.Timeout };

/** Long enough that the next scan of the same source finds its sockets open. */
const KEEP_UNUSED_MS = 120_000;

/**
 * A key holds all that makes two clients differ (identity, digest of the Secret, region, endpoint), so a changed Secret makes a
 * new client, and the old one is closed once its last reader is done.
 */
export function clients<Client extends { readonly close: () => void }>(keepUnusedMs = KEEP_UNUSED_MS): Clients<Client> {
  const entries = new Map<string, Entry<Client>>();
  let closed = false;

  const drop = (key: string, entry: Entry<Client>) => {
    if (entry.users > 0) return;
    clearTimeout(entry.timer);
    entries.delete(key);
    entry.client.close();
  };

  const take = (key: string, make: () => Client) => {
    const entry: Entry<Client> = entries.get(key) ?? { client: make(), users: 0 };
    entries.set(key, entry);
    clearTimeout(entry.timer);
    entry.users++;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      entry.users--;
      if (entry.users > 0) return;
      if (closed) return drop(key, entry);
      entry.timer = setTimeout(() => drop(key, entry), keepUnusedMs);
      entry.timer.unref();
    };
    return { client: entry.client, release };
  };

  const close = () => {
    closed = true;
    for (const [key, entry] of entries) drop(key, entry);
  };

  return { take, close };
}
