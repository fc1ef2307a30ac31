import type { Values } from '../support/helm.ts';

const source = (name: string, more: Values = {}): Values => ({
  name,
  spec: { store: { s3: { bucket: 'acme-traces', region: 'us-east-1' } }, destination: { endpoint: 'http://otel-collector:4318' } },
  ...more,
});

/** Values as people write them: each is rendered and shown to a real API server. */
export const installations: readonly (readonly [sentence: string, values: Values])[] = [
  ['without any value', {}],
  [
    'with a collector, its token and its authority',
    {
      collector: {
        endpoint: 'https://otel.example/v1/traces',
        tokenSecretRef: { name: 'otel', key: 'bearer' },
        caSecretRef: { name: 'otel-ca' },
      },
    },
  ],
  ['with split roles', { roles: 'split', worker: { replicas: 8 } }],
  ['for listed namespaces', { namespaces: ['chart-rendered', 'default'], sources: [source('checkout', { namespace: 'default' })] }],
  ['with a tenancy policy', { tenancy: { policy: { ml: { buckets: ['s3://acme-*'], operatorIdentity: false }, '*': { buckets: [] } } } }],
  ["with a policy of one's own", { tenancy: { existingConfigMap: 'tenants' } }],
  ['with sources, one of them switched off', { sources: [source('checkout'), source('drafts', { enabled: false })] }],
  [
    'with a source of every kind of selection',
    {
      sources: [
        source('recent', {
          labels: { team: 'ml' },
          annotations: { note: 'x' },
          spec: {
            store: { s3: { bucket: 'acme-traces', auth: { type: 'AccessKey', accessKeySecretRef: { name: 'keys' } } } },
            scan: { interval: '30s', modified: { since: '7d' }, include: ['**/*.json'] },
            history: { completed: 10 },
            retry: { maxRetries: 0 },
          },
        }),
      ],
    },
  ],
  [
    'behind a network policy',
    {
      collector: { endpoint: 'http://collector.observability:14318' },
      networkPolicy: {
        enabled: true,
        metricsFrom: [{ namespaceSelector: {} }],
        extraEgress: [{ to: [{ ipBlock: { cidr: '169.254.170.23/32' } }] }],
      },
    },
  ],
  [
    'watched by Prometheus and Grafana',
    {
      serviceMonitor: { enabled: true, labels: { release: 'kps' } },
      podMonitor: { enabled: true },
      prometheusRule: { enabled: true, labels: { release: 'kps' }, runbooks: 'https://wiki.acme.example/spanferry' },
      dashboard: { enabled: true, annotations: { grafana_folder: 'Telemetry' } },
    },
  ],
  [
    'with the wishes of a platform team',
    {
      fullnameOverride: 'ferry',
      commonLabels: { team: 'platform' },
      image: { digest: `sha256:${'a'.repeat(64)}` },
      imagePullSecrets: [{ name: 'registry' }],
      podLabels: { tier: 'telemetry' },
      podAnnotations: { note: 'x' },
      nodeSelector: { 'kubernetes.io/arch': 'arm64' },
      tolerations: [{ key: 'telemetry', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'system-cluster-critical',
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      env: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
      envFrom: [{ secretRef: { name: 'more' } }],
      extraArgs: ['--listen=:::8080'],
      extraVolumes: [{ name: 'more', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'more', mountPath: '/more' }],
    },
  ],
  [
    "with an object of one's own",
    {
      extraObjects: [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ include "spanferry.fullname" . }}-more' }, data: { a: 'b' } },
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-text\n',
      ],
    },
  ],
  [
    'with nothing that can be left out',
    {
      crds: { enabled: false },
      serviceAccount: { create: false, name: 'given' },
      rbac: { create: false },
      userRoles: { create: false },
      admissionPolicy: { enabled: false },
      podDisruptionBudget: { enabled: false },
    },
  ],
  [
    'with aggregated roles and a backup tool',
    {
      userRoles: { aggregateToEdit: true },
      admissionPolicy: { exemptUsers: ['system:serviceaccount:velero:velero'] },
      crds: { keep: false },
    },
  ],
];

/** Slips of the pen, and what must be in Helm's answer. */
export const typos: readonly (readonly [sentence: string, values: Values, says: RegExp])[] = [
  ['a value that does not exist', { replicaCount: 3 }, /replicaCount/],
  ['a typo inside a map', { collector: { endpont: 'http://c:4318' } }, /endpont/],
  ['a role that does not exist', { roles: 'both' }, /roles/],
  ['a compression in small letters', { collector: { compression: 'zstd' } }, /compression/],
  ['an endpoint without its scheme', { collector: { endpoint: 'otel-collector:4318' } }, /endpoint/],
  ['replicas in words', { replicas: 'two' }, /replicas/],
  ['a drain without a unit', { operator: { drain: '25' } }, /drain/],
  [
    'a drain that is cut off',
    { operator: { drain: '1m' } },
    /operator.drain \(1m\) must be shorter than terminationGracePeriodSeconds \(60\)/,
  ],
  ['a namespace in capitals', { namespaces: ['ML'] }, /namespaces/],
  [
    'a source where nobody would look after it',
    { namespaces: ['ml'], sources: [source('a', { namespace: 'search' })] },
    /source a is in namespace search, which is not among `namespaces`/,
  ],
  ['alerts misspelt', { prometheusRules: { enabled: true } }, /prometheusRules/],
  ['a namespace of the policy that cannot be', { tenancy: { policy: { Bad_NS: {} } } }, /Bad_NS/],
  ['a rule that the policy does not know', { tenancy: { policy: { ml: { bucket: ['a'] } } } }, /bucket/],
  ['a source without a name', { sources: [{ spec: { store: {} } }] }, /name/],
  [
    'a typo in the spec of a source, which the API server would drop',
    { sources: [source('a', { spec: { store: { s3: { bucket: 'acme', buckt: 'x' } } } })] },
    /buckt/,
  ],
  ['an enum of a source', { sources: [source('a', { spec: { store: { s3: { bucket: 'acme' } }, format: 'Jaeger' } })] }, /format/],
];
