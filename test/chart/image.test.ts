import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clear, layOut } from '../../hack/image/rootfs.ts';
import { eventually } from '../support/eventually.ts';
import { type Stage, stage } from '../support/stage.ts';
import { twoSpans } from './trace.ts';

let scene: Stage;
let root: string;
let files: readonly string[];

describe('the image', () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'spanferry-rootfs-'));
    files = await layOut(root);
    scene = await stage();
  });
  afterAll(async () => {
    await scene.close();
    await clear(root);
  });

  test('has the command, the operator, the license and a list of what is inside, and nobody may write them', async () => {
    expect(files).toEqual(['/app/LICENSE', '/app/operator.mjs', '/app/packages.json', '/app/spanferry.mjs']);
    for (const file of files) expect((await stat(join(root, file))).mode & 0o222).toBe(0);
  });

  test("lists other people's packages with version and license", async () => {
    const packages: unknown = JSON.parse(await readFile(join(root, '/app/packages.json'), 'utf8'));
    expect(packages).toContainEqual({ name: 'zod', version: '4.6.7', license: 'MIT' });
    expect(packages).toContainEqual(expect.objectContaining({ name: '@aws-sdk/client-s3', license: 'Apache-2.0' }));
  });

  test('its two files alone ferry a trace, from a folder without any package', async () => {
    scene.s3.put(scene.bucket, 'checkout/a.json', twoSpans);
    const replica = await scene.start([], {}, [join(root, '/app/spanferry.mjs'), 'operator']);
    await scene.source('checkout');
    await eventually(
      () => scene.collector.taken.size,
      (size) => size === 2,
    );
    expect((await fetch(`${replica.url}/readyz`)).status).toBe(200);
    expect(await replica.stop()).toBe(0);
  });

  test('the Dockerfile starts what is there, as nobody in particular', async () => {
    const dockerfile = await readFile('Dockerfile', 'utf8');
    expect(dockerfile).toContain('ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=16", "/app/spanferry.mjs"]');
    expect(dockerfile).toContain('RUN node hack/image.ts rootfs /rootfs');
    expect(dockerfile).toContain('USER 65532:65532');
    const base = /^FROM (gcr\.io\/\S+)$/m.exec(dockerfile)?.[1];
    expect(dockerfile).toContain(`org.opencontainers.image.base.name="${base}"`);
  });
});
