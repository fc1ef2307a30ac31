import { sleep } from '../src/std/sleep.ts';
import { farewell, inboxOf, summary } from './demo/farewell.ts';
import { inbox } from './demo/inbox.ts';
import { beginLife, unlessStopped } from './demo/life.ts';
import { bucket } from './demo/manifests.ts';
import { prefixes } from './demo/sample/bucket.ts';
import { createScreen } from './demo/screen.ts';
import { prepare, start } from './demo/stack.ts';
import { missing, tell } from './demo/story.ts';

// npm run demo             from nothing to a picture; stays up until Ctrl-C
// npm run demo -- --once   the same, and ends by itself: 0 only if every span arrived

const wrong = process.argv.slice(2).find((argument) => argument !== '--once');
if (wrong !== undefined) {
  console.error(`the demo does not know ${wrong}; it takes --once, or nothing`);
  process.exit(2);
}
const once = process.argv.includes('--once');
const begun = performance.now();
const life = beginLife();
const { folder, signal } = life;
const screen = createScreen(process.stdout, process.env, once);
life.onEnd(screen.restore);

try {
  screen.say(screen.paint.bold('Spanferry: trace files in a bucket, and traces at a platform, become spans at a collector.'));
  screen.say();
  const stack = await start(await prepare(), life);
  const scene = { stack, screen, folder, signal };
  // Ctrl-C reaches the servers as well, and one that is ending may never answer.
  await unlessStopped(signal, tell(scene));
  summary(scene, (performance.now() - begun) / 1_000);
  if (once) await life.end(missing(stack).length === 0 ? 0 : 1);
  const upload = (name: string, body: Buffer) => stack.s3.put(bucket, `${prefixes.checkout}${name}`, body);
  life.onEnd(inbox(inboxOf(folder), upload));
  farewell(scene);
  screen.say('What changes is shown here. Ctrl-C ends everything and leaves nothing behind.');
  await unlessStopped(signal, screen.follow(stack.look, signal));
} catch (thrown) {
  screen.restore();
  // What the servers no longer answer is no error then.
  await sleep(100);
  if (!signal.aborted) {
    console.error(`\n${thrown instanceof Error ? thrown.message : thrown}`);
    await life.end(1);
  }
}
console.log('\nStopping.');
await life.end(once ? 130 : 0);
