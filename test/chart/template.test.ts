import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { annotations } from '../../src/api/annotations.ts';
import { parsePolicy } from '../../src/operator/policy.ts';
import { parseSettings } from '../../src/operator/settings.ts';
import { chart, helm, helmOk, helmProgram, type Rendered, render, template, type Values } from '../support/helm.ts';
import { kubectl, kubectlOk, list } from '../support/kubectl.ts';
import { installations, typos } from './values.ts';

const namespace = 'chart-rendered';
const dryRun = ['apply', '--server-side', '--dry-run=server', '--force-conflicts', '-f', '-'];

type Pod = { readonly metadata: object; readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } };
type Deployment = Rendered & { readonly spec: { readonly template: Pod } };
const deployments = (objects: readonly Rendered[]) => objects.filter((object): object is Deployment => object.kind === 'Deployment');

/** The API server must know a kind before it judges an object. What Prometheus makes of its kinds is not known here: any field is taken. */
const monitor = (kind: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.toLowerCase()}s.monitoring.coreos.com` },
  spec: {
    group: 'monitoring.coreos.com',
    scope: 'Namespaced',
    names: { kind, plural: `${kind.toLowerCase()}s` },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});

const monitoring = ['ServiceMonitor', 'PodMonitor', 'PrometheusRule'];

describe.skipIf(!helmProgram)('the chart', () => {
  beforeAll(async () => {
    await kubectlOk(['apply', '--server-side', '-f', '-'], list(monitoring.map(monitor)));
    await kubectlOk(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
    await kubectlOk(['create', 'namespace', namespace]);
    await kubectlOk(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
  });
  afterAll(async () => {
    await kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await kubectl(['delete', 'crd', ...monitoring.map((kind) => monitor(kind).metadata.name), '--wait=false']);
  });

  test('passes helm lint', async () => {
    expect(await helmOk(['lint', chart, '--strict'])).toContain('0 chart(s) failed');
  });

  test.each(installations)('%s, every object is one that a real API server takes', async (_sentence, values) => {
    const objects = await render(values, namespace, '--api-versions', 'spanferry.io/v1alpha1');
    expect(objects.length).toBeGreaterThan(2);
    const { code, err } = await kubectl(dryRun, list(objects));
    expect(code, err).toBe(0);
  });

  test.each(installations)(
    '%s, its pods fit the restricted standard, and the operator understands its flags',
    async (_sentence, values) => {
      for (const { metadata, spec } of deployments(await render(values, namespace))) {
        const pod = {
          apiVersion: 'v1',
          kind: 'Pod',
          ...spec.template,
          metadata: { ...spec.template.metadata, name: metadata.name, namespace },
        };
        const { code, err } = await kubectl(dryRun, list([pod]));
        expect(code, err).toBe(0);
        expect(parseSettings(spec.template.spec.containers[0]?.args.slice(1) ?? [], {})).toMatchObject({ ok: true });
      }
    },
  );

  test('the examples of its folder can be installed', async () => {
    for (const file of await readdir(join(chart, 'examples'))) {
      const values = parse(await readFile(join(chart, 'examples', file), 'utf8'));
      const { code, err } = await kubectl(dryRun, list(await render(values, namespace)));
      expect(code, `${file}: ${err}`).toBe(0);
    }
  });

  test('and a pod that does not fit it would not be taken', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'loose', namespace },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    };
    expect((await kubectl(dryRun, list([pod]))).err).toContain('violates PodSecurity "restricted');
  });

  test.each(typos)('refuses %s', async (_sentence, values, says) => {
    const { code, err } = await helm([...template, '--api-versions', 'spanferry.io/v1alpha1'], values);
    expect(code).not.toBe(0);
    expect(err).toMatch(says);
  });

  test('its CRDs are those of crds/', async () => {
    const crds = (await render({})).filter(({ kind }) => kind === 'CustomResourceDefinition');
    const bare = crds.map(({ metadata: { labels: _labels, annotations, ...metadata }, ...crd }) => {
      expect(annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
      return { ...crd, metadata };
    });
    const files = (await readdir('crds')).map(async (file) => parse(await readFile(join('crds', file), 'utf8')));
    expect(new Map(bare.map((crd) => [crd.metadata.name, crd]))).toEqual(
      new Map((await Promise.all(files)).map((crd) => [crd.metadata.name, crd])),
    );
  });

  test('what it tells Artifact Hub is true: its kinds, an example that can be applied, its image', async () => {
    const text = parse(await readFile(join(chart, 'Chart.yaml'), 'utf8')) as { appVersion: string; annotations: Record<string, string> };
    const told = <T>(name: string) => parse(text.annotations[`artifacthub.io/${name}`] ?? '') as T;
    expect(
      told<{ name: string }[]>('crds')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(
      (await Promise.all((await readdir('crds')).map((file) => readFile(join('crds', file), 'utf8'))))
        .map((crd) => parse(crd).metadata.name)
        .sort(),
    );
    expect(told<{ image: string }[]>('images').map(({ image }) => image)).toEqual([`ghcr.io/spanferry/spanferry:${text.appVersion}`]);
    const { code, err } = await kubectl([...dryRun, '--namespace', namespace], list(told<object[]>('crdsExamples')));
    expect(code, err).toBe(0);
  });

  test('row 64: a source that is switched off is left out, and so are all while their kind is unknown', async () => {
    const sources = ['on', 'off'].map((name) => ({ name, enabled: name === 'on', spec: { store: { s3: { bucket: 'acme-traces' } } } }));
    const names = async (...flags: readonly string[]) =>
      (await render({ sources }, namespace, ...flags))
        .filter(({ kind }) => kind === 'IngestionSource')
        .map(({ metadata }) => metadata.name);
    expect(await names('--api-versions', 'spanferry.io/v1alpha1')).toEqual(['on']);
    expect(await names('--is-upgrade')).toEqual(['on']);
    expect(await names()).toEqual([]);
  });

  test('the operator reads the tenancy policy as it was meant', async () => {
    const policy = { ml: { buckets: ['s3://acme-*'] }, '*': { buckets: [] } };
    const maps = (await render({ tenancy: { policy } })).filter((object): object is Rendered & { data: Record<string, string> } =>
      object.metadata.name.endsWith('-policy'),
    );
    const read = parsePolicy(maps[0]?.data['policy.yaml'] ?? '');
    expect(read.operatorIdentity('ml')).toBe(true);
    expect(maps).toHaveLength(1);
  });

  test('for listed namespaces it has no right in any other, not even by its admission policy', async () => {
    const objects = await render({ namespaces: ['ml', 'search'], userRoles: { create: false } });
    expect(objects.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
    const places = (kind: string) => objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.namespace);
    expect(places('Role')).toEqual(['ml', 'search', 'spanferry']);
    expect(places('RoleBinding')).toEqual(['ml', 'search', 'spanferry']);
    expect(objects.find(({ kind }) => kind === 'ValidatingAdmissionPolicy')).toMatchObject({
      spec: { matchConstraints: { namespaceSelector: { matchExpressions: [{ operator: 'In', values: ['ml', 'search'] }] } } },
    });
    const [deployment] = deployments(objects);
    const [, ...flags] = deployment?.spec.template.spec.containers[0]?.args ?? [];
    expect(parseSettings(flags, {})).toMatchObject({ settings: { namespaces: ['ml', 'search'] } });
  });

  test('its warning about triggers knows every trigger, and no other', async () => {
    type Policy = Rendered & { readonly spec: { readonly variables: readonly { readonly expression: string }[] } };
    const isPolicy = ({ kind, metadata }: Rendered) => kind === 'ValidatingAdmissionPolicy' && metadata.name.endsWith('-triggers');
    const [known] = ((await render({})).find(isPolicy) as Policy).spec.variables;
    expect(known?.expression.match(/spanferry\.io\/[a-z-]+/g)?.toSorted()).toEqual(Object.values(annotations).toSorted());
  });

  test('replicas that are left out are left to an autoscaler, also by an upgrade', async () => {
    const replicas = async (values: Values) =>
      deployments(await render(values)).map(({ spec }) => (spec as { readonly replicas?: number }).replicas);
    expect(await replicas({ replicas: null })).toEqual([undefined]);
    expect(await replicas({ roles: 'split', worker: { replicas: null } })).toEqual([2, undefined]);
    expect(await replicas({})).toEqual([2]);
  });

  test('alerts and dashboard arrive as their files have them, and links lead where the values say', async () => {
    const runbooks = 'https://wiki.acme.example/spanferry';
    const objects = await render({ prometheusRule: { enabled: true, runbooks }, dashboard: { enabled: true } });
    const alerts = await readFile(join(chart, 'files/alerts.yaml'), 'utf8');
    expect(objects.find(({ kind }) => kind === 'PrometheusRule')).toMatchObject({
      spec: parse(alerts.replaceAll('RUNBOOKS#', `${runbooks}#`)),
    });
    const dashboard = objects.find(({ metadata }) => metadata.name === 'spanferry-dashboard') as Rendered & {
      data: Record<string, string>;
    };
    expect(JSON.parse(dashboard.data['spanferry.json'] ?? '')).toEqual(
      JSON.parse(await readFile(join(chart, 'files/dashboard.json'), 'utf8')),
    );
  });

  test('Prometheus leaves the namespace of a source on its metrics, where it would put that of the pod', async () => {
    const objects = await render({ serviceMonitor: { enabled: true }, podMonitor: { enabled: true } });
    expect(objects.find(({ kind }) => kind === 'ServiceMonitor')).toMatchObject({ spec: { endpoints: [{ honorLabels: true }] } });
    expect(objects.find(({ kind }) => kind === 'PodMonitor')).toMatchObject({ spec: { podMetricsEndpoints: [{ honorLabels: true }] } });
  });

  test('where there may be another release, its leader does not hide that ours is missing', async () => {
    const rules = async (namespaces: readonly string[]) => {
      const objects = await render({ namespaces, prometheusRule: { enabled: true } }, 'spanferry-ml');
      return JSON.stringify(objects.find(({ kind }) => kind === 'PrometheusRule'));
    };
    expect(await rules([])).toContain(String.raw`absent(leader_election_master_status{name=\"spanferry-leader\"} == 1)`);
    expect(await rules(['ml'])).toContain(
      String.raw`absent(leader_election_master_status{name=\"spanferry-leader\",namespace=\"spanferry-ml\"} == 1)`,
    );
  });

  test('helm test may ask whether it is ready, whoever else may read the metrics', async () => {
    const metricsFrom = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }];
    const objects = await render({ networkPolicy: { enabled: true, metricsFrom } });
    const tester = objects.find(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
    expect(objects.find(({ kind }) => kind === 'NetworkPolicy')).toMatchObject({
      spec: { ingress: [{ from: [{ podSelector: { matchLabels: tester?.metadata.labels } }, ...metricsFrom] }] },
    });
  });

  test('a new policy starts new replicas', async () => {
    const pods = await Promise.all(
      [['a'], ['b']].map(
        async (buckets) => deployments(await render({ tenancy: { policy: { '*': { buckets } } } }))[0]?.spec.template.metadata,
      ),
    );
    expect(pods[0]).not.toEqual(pods[1]);
  });
});
