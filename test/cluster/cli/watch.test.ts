import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type {} from '../../support/cli/bundle-setup.ts';
import { eventually } from '../../support/eventually.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

const hasScript = spawnSync('script', ['--version']).status === 0;
if (!hasScript) {
  if (process.env.CI === 'true') throw new Error('CI needs script (util-linux) for a pseudo-terminal');
  console.warn('SKIPPED: the session through a pseudo-terminal, because there is no script (util-linux).');
}

let scene: Stage;
beforeAll(async () => {
  scene = await stage();
  await scene.start();
});
afterAll(() => scene.close());

test.skipIf(!hasScript)(
  'a person watches a source through a terminal until Ctrl-C: it redraws in place, in colours, as wide as the terminal',
  async () => {
    scene.put('watched/a.json', agentFile().text);
    await scene.source('watched');
    await scene.settled('watched', { completed: 1 });
    const line = `stty cols 100 rows 30; exec "${process.execPath}" "${inject('spanferry')}" status watched -n ${scene.namespace} --watch`;
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      env: { PATH: process.env.PATH, TERM: 'xterm', KUBECONFIG: inject('envtest').kubeconfigPath },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    const pages = () => text.split('\x1b[H').slice(1);
    await eventually(pages, (seen) => seen.some((page) => page.includes('1 done')));
    expect(pages()[0]).toContain('\x1b[32m✓ watched\x1b[39m');
    scene.put('watched/b.json', agentFile().text);
    await scene.ask('ingestionsources', 'watched', 'scan', 'now');
    await eventually(pages, (seen) => seen.some((page) => page.includes('2 done')));
    // Each page ends by clearing what the one before has left.
    for (const page of pages().slice(0, -1)) expect(page).toMatch(/\x1b\[K\r?\n\x1b\[J$/);
    child.stdin.write('\x03');
    const [code, signal] = await once(child, 'close');
    expect({ code, signal }).toEqual({ code: 130, signal: null });
  },
);
