import { readFileSync } from 'node:fs';

/**
 * A preload that sets the wall clock of a process as far off as a file says, and follows when the file changes. Monotonic time, timers
 * included, does not notice, as on a machine whose clock is set.
 */
const RealDate = Date;
const file = process.env.SPANFERRY_TEST_CLOCK;
let offset = 0;

const follow = (): void => {
  if (file !== undefined) offset = Number(readFileSync(file, 'utf8')) || 0;
};
follow();
setInterval(follow, 100).unref();

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [RealDate.now() + offset] : args, self),
  apply: () => new RealDate(RealDate.now() + offset).toString(),
  get: (target, name, self) => (name === 'now' ? () => RealDate.now() + offset : Reflect.get(target, name, self)),
});
