import { type Header, newHeader } from '../batch/headers.ts';
import { END } from '../json/reader.ts';
import { JsonWalker } from '../json/walker.ts';
import type { LookAhead, Stretch, Walk } from '../walk.ts';
import { documentNames, RESOURCE, SCHEMA_URL, SCOPE, scopeSpansNames, URL } from './envelope-names.ts';
import { lenientKernel } from './lenient.ts';
import { readHead, readUrl } from './scopes.ts';

/** Scopes that take more text than this are remembered when a look ahead passes them; smaller ones are found in the window. */
const LARGE = 512 * 1024;

/** What a look ahead has found so far. */
export type Found = { scope?: Header; resource?: Header; readonly scopes: Map<number, Header> };

/**
 * Walks from the middle of an array of spans to the end of its ResourceSpans, passing over spans, and gathers the headers that come
 * behind them: of the scope at hand, of the resource (where `resourceToo`), and of large scopes on the way.
 */
export const scout = (found: Found, resourceToo: boolean): LookAhead => ({
  *over(stretch: Stretch): Walk {
    const json = new JsonWalker(stretch);
    const kernels = [lenientKernel(stretch.window)];
    yield* json.skipArray();
    const scope = newHeader();
    yield* readScope(json, kernels, scope, false);
    found.scope = scope;
    if (resourceToo) yield* behindScope(json, kernels, found);
  },
});

/** The same from behind a scope: only the resource is asked for. */
export const scoutBehind = (found: Found): LookAhead => ({
  over: (stretch: Stretch): Walk => behindScope(new JsonWalker(stretch), [lenientKernel(stretch.window)], found),
});

function* behindScope(json: JsonWalker, kernels: Kernels, found: Found): Walk {
  yield* passScopes(json, kernels, found);
  const resource = newHeader();
  for (let code = yield* json.field(false, documentNames); code !== END; code = yield* json.field(false, documentNames)) {
    if (code === RESOURCE) yield* readHead(json, kernels, 'resource', resource);
    else if (code === SCHEMA_URL) yield* readUrl(json, resource);
    else yield* json.skip();
  }
  found.resource = resource;
}

type Kernels = Parameters<typeof readHead>[1];

function* readScope(json: JsonWalker, kernels: Kernels, header: Header, first: boolean): Walk {
  for (let code = yield* json.field(first, scopeSpansNames); code !== END; code = yield* json.field(false, scopeSpansNames)) {
    if (code === SCOPE) yield* readHead(json, kernels, 'scope', header);
    else if (code === URL) yield* readUrl(json, header);
    else yield* json.skip();
    first = false;
  }
}

function* passScopes(json: JsonWalker, kernels: Kernels, found: Found): Walk {
  while (yield* json.element(false)) {
    const at = json.offset;
    const header = newHeader();
    yield* json.enter(0x7b, 'an object');
    yield* readScope(json, kernels, header, true);
    if (json.offset - at > LARGE) found.scopes.set(at, header);
  }
}
