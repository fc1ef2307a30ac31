import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { Agent as HttpAgent, type AgentOptions as HttpAgentOptions } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { type EgressPolicy, refusedAddress, refusedHost } from './egress-addresses.ts';

/** What the operator's environment says about proxies. */
export type ProxyEnv = {
  readonly HTTP_PROXY?: string | undefined;
  readonly HTTPS_PROXY?: string | undefined;
  readonly NO_PROXY?: string | undefined;
};

/** A connection that the guard refused. Its `code` survives the wrapping that SDKs do. */
export class EgressRefusedError extends Error {
  readonly code = 'EGRESS_REFUSED';

  constructor(why: string) {
    super(why);
    this.name = 'EgressRefusedError';
  }
}

/** Resolves a name and refuses it when any of its addresses is refused, so that a name cannot change between check and use. */
export function guardedLookup(policy: EgressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    const wanted: LookupOptions & { all: true } = { ...options, all: true };
    dnsLookup(hostname, wanted, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, []);
      for (const { address } of addresses) {
        const why = refusedAddress(address, policy);
        if (why !== undefined) return callback(new EgressRefusedError(`${hostname}: ${why}`), []);
      }
      const [first] = addresses;
      if (options.all === true || first === undefined) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

type Done = (error: Error | null, socket: Duplex) => void;

/** An http agent that connects only where it may. With `proxyEnv` it honours proxies; they themselves are the operator's choice. */
export function guardedHttpAgent(policy: EgressPolicy, options: HttpAgentOptions = {}): HttpAgent {
  const agent = new HttpAgent({ ...options, lookup: guardedLookup(policy) });
  return guard(agent, policy);
}

/** The same for https. */
export function guardedHttpsAgent(policy: EgressPolicy, options: HttpsAgentOptions = {}): HttpsAgent {
  const agent = new HttpsAgent({ ...options, lookup: guardedLookup(policy) });
  return guard(agent, policy);
}

/** A literal address needs no lookup, so it is judged before the connection; so is every name that a proxy will resolve. */
function guard<Guarded extends HttpAgent>(agent: Guarded, policy: EgressPolicy): Guarded {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done?: Done) => {
    const why = refusedHost(options.host ?? 'localhost', policy);
    if (why === undefined) return connect(options, done);
    const refused = new EgressRefusedError(why);
    if (!done) throw refused;
    // The agent ignores the socket where there is an error.
    process.nextTick(done, refused);
    return undefined;
  };
  return agent;
}
