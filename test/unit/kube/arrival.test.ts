import { expect, test } from 'vitest';
import { arrival, checkedOnce } from '../../../src/kube/arrival.ts';
import type { ObjectMeta } from '../../../src/kube/meta.ts';
import type { Kind } from '../../../src/kube/resource.ts';

type Page = { readonly apiVersion: string; readonly kind: string; readonly metadata: ObjectMeta };

/** A kind that counts how often it is asked to check an object. */
function counted() {
  let checks = 0;
  const kind: Kind<Page> = {
    ...{ group: '', version: 'v1', kind: 'Page', plural: 'pages' },
    parse: (raw) => {
      checks++;
      return structuredClone(raw) as Page;
    },
  };
  return { kind: checkedOnce(kind), checks: () => checks };
}

const page = (name: string, version: string) => ({
  metadata: { namespace: 'team-a', name, uid: `uid-of-${name}`, resourceVersion: version },
});

test('an object that comes again in the same version is checked once, and is the same one', () => {
  const { kind, checks } = counted();
  const [first, again] = [arrival(kind, page('a', '1')), arrival(kind, page('a', '1'))];
  expect(first.fits && again.fits && first.object === again.object).toBe(true);
  expect(checks()).toBe(1);
});

test('another version, an object made anew, and one without a version are checked each', () => {
  const { kind, checks } = counted();
  arrival(kind, page('a', '1'));
  arrival(kind, page('a', '2'));
  arrival(kind, { metadata: { ...page('a', '2').metadata, uid: 'another' } });
  for (let n = 0; n < 2; n++) arrival(kind, { metadata: { name: 'a' } });
  expect(checks()).toBe(5);
});

test('what left the selector of a watch comes as it was before, in the new version: it is not taken for what is there now', () => {
  const { kind } = counted();
  const at = (owner: string) => ({ ...page('a', '8'), spec: { owner } });
  const found = (each: ReturnType<typeof arrival>) => each.fits && (each.object as { spec?: object }).spec;
  expect(found(arrival(kind, at('before'), true))).toEqual({ owner: 'before' });
  expect(found(arrival(kind, at('now')))).toEqual({ owner: 'now' });
  expect(found(arrival(kind, at('before'), true))).toEqual({ owner: 'before' });
});

test('only the latest are kept', () => {
  const { kind, checks } = counted();
  for (let n = 0; n < 1_000; n++) arrival(kind, page(`run-${n}`, '1'));
  arrival(kind, page('run-999', '1'));
  expect(checks()).toBe(1_000);
  arrival(kind, page('run-0', '1'));
  expect(checks()).toBe(1_001);
});
