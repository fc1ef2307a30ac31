import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { helmProgram, type Rendered, render } from '../support/helm.ts';
import { kubectl, kubectlOk } from '../support/kubectl.ts';

const head = '# What the chart makes of its default values. When the chart changes: npm exec vitest -- run --project chart --update\n';

/** What Helm adds for itself is not said where there is no Helm. */
function withoutHelm(object: Rendered): Rendered {
  return JSON.parse(JSON.stringify(object), (name, value) =>
    ['helm.sh/chart', 'app.kubernetes.io/managed-by'].includes(name) ? undefined : value,
  ) as Rendered;
}

describe('config/', () => {
  beforeAll(async () => {
    const made = await kubectl(['create', 'namespace', 'spanferry']);
    if (made.code !== 0 && !made.err.includes('AlreadyExists')) throw new Error(made.err);
  });

  test.skipIf(!helmProgram).each([
    ['config/operator/operator.yaml', {}],
    ['config/split/operator.yaml', { roles: 'split' }],
    ['config/namespaced/operator.yaml', { namespaces: ['spanferry'] }],
  ])('%s is what the chart makes of the values %j', async (file, values) => {
    const objects = (await render({ ...values, crds: { enabled: false } })).filter(
      ({ metadata }) => !metadata.annotations?.['helm.sh/hook'],
    );
    const text = objects.map((object) => stringify(withoutHelm(object), { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
    await expect(head + text).toMatchFileSnapshot(`../../${file}`);
  });

  test.each(['config/default', 'config/split', 'config/namespaced'])('a real API server takes %s', async (folder) => {
    const manifest = await kubectlOk(['kustomize', folder]);
    const { code, err } = await kubectl(['apply', '--server-side', '--dry-run=server', '--force-conflicts', '-f', '-'], manifest);
    expect(code, err).toBe(0);
  });

  describe('an overlay', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'spanferry-overlay-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test('as its README shows sets image, collector and identity', async () => {
      const [, overlay = ''] = /^```yaml\n([\s\S]*?)^```/m.exec(await readFile('config/README.md', 'utf8')) ?? [];
      await cp('config', join(folder, 'spanferry/config'), { recursive: true });
      await mkdir(join(folder, 'mine'));
      await writeFile(join(folder, 'mine/kustomization.yaml'), overlay);
      const made = parseAllDocuments(await kubectlOk(['kustomize', join(folder, 'mine')])).map((each) => each.toJS() as Rendered);
      const text = JSON.stringify(made);
      expect(text).toContain('registry.example/spanferry:');
      expect(text).toContain('"SPANFERRY_COLLECTOR_ENDPOINT"');
      expect(made.find(({ kind }) => kind === 'ServiceAccount')?.metadata.annotations).toHaveProperty(['eks.amazonaws.com/role-arn']);
    });
  });
});
