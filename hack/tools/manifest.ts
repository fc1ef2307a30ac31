/**
 * Every real program that tests, benchmarks and the demo stand on: its version, what it is for, and the ways to get it, in the
 * order in which they are tried. Nothing of this is needed to run Spanferry itself.
 */
export type Tool = {
  readonly name: string;
  readonly version: string;
  /** Completes "needed for …". */
  readonly usedFor: string;
  /** The files that must be there in the end. */
  readonly programs: readonly string[];
  /** A variable that names a folder with the programs and goes before everything else. */
  readonly folderVariable?: string;
  readonly ways: readonly Way[];
  /** What a person can do when no way works. */
  readonly remedy: string;
};

export type Way =
  /** The index that Kubernetes' own envtest uses; its archives are checked against their SHA-512. */
  | { readonly by: 'envtest' }
  /** A published archive or program. `take` maps paths inside an archive to program names; without it the file is the program. */
  | { readonly by: 'download'; readonly url: string; readonly sha256Url?: string; readonly take?: Readonly<Record<string, string>> }
  /** `go build` in a folder of this repository with its own go.mod and go.sum. */
  | { readonly by: 'go build'; readonly folder: string; readonly builds: Readonly<Record<string, string>>; readonly ldflags: string }
  /** `go install module@version`, perhaps with build tags. */
  | { readonly by: 'go install'; readonly module: string; readonly tags?: string }
  /** The OpenTelemetry Collector builder with its manifest. */
  | { readonly by: 'collector builder'; readonly builder: string; readonly manifest: string }
  /** A package of PyPI in a virtual environment. */
  | { readonly by: 'pip'; readonly requirement: string }
  /** A program of this machine, whatever its version: the first of these names that is on the PATH. It is linked under the first name. */
  | { readonly by: 'PATH'; readonly names: readonly string[] }
  /** A package of Debian with all that it needs, installed; only as root where apt is. Its program stays where the package puts it. */
  | { readonly by: 'apt'; readonly package: string; readonly program: string };

const kubernetes = '1.36.3';
const [major, minor] = kubernetes.split('.');
const kubernetesFlags = `-s -w ${[`gitVersion=v${kubernetes}`, `gitMajor=${major}`, `gitMinor=${minor}`, 'gitTreeState=clean']
  .map((field) => `-X k8s.io/component-base/version.${field}`)
  .join(' ')}`;

const collector = '0.159.0';

/** The architecture in the words of Go, which most download pages use. */
const arch = process.arch === 'x64' ? 'amd64' : process.arch;
const unameArch = process.arch === 'x64' ? 'x86_64' : process.arch;
const github = 'https://github.com';

export const tools: readonly Tool[] = [
  {
    name: 'controlplane',
    version: kubernetes,
    usedFor: 'the cluster suite and the demo: a real API server',
    programs: ['kube-apiserver', 'etcd', 'kubectl'],
    folderVariable: 'KUBEBUILDER_ASSETS',
    ways: [
      { by: 'envtest' },
      {
        by: 'go build',
        folder: 'hack/controlplane',
        builds: {
          'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
          kubectl: 'k8s.io/kubernetes/cmd/kubectl',
          etcd: 'go.etcd.io/etcd/server/v3',
        },
        ldflags: kubernetesFlags,
      },
    ],
    remedy:
      'install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kubectl (setup-envtest makes one)',
  },
  {
    name: 'controller-manager',
    version: kubernetes,
    usedFor: 'the cluster suite: owner references are collected, namespaces finish deleting',
    programs: ['kube-controller-manager'],
    ways: [
      {
        by: 'download',
        url: `https://dl.k8s.io/v${kubernetes}/bin/linux/${arch}/kube-controller-manager`,
        sha256Url: `https://dl.k8s.io/v${kubernetes}/bin/linux/${arch}/kube-controller-manager.sha256`,
      },
      {
        by: 'go build',
        folder: 'hack/controlplane',
        builds: { 'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager' },
        ldflags: kubernetesFlags,
      },
    ],
    remedy: 'install Go 1.26 or newer',
  },
  {
    name: 'versitygw',
    version: '1.7.0',
    usedFor: 'the conformance suite of the stores: a second S3 server',
    programs: ['versitygw'],
    ways: [
      {
        by: 'download',
        url: `${github}/versity/versitygw/releases/download/v1.7.0/versitygw_v1.7.0_Linux_${unameArch}.tar.gz`,
        take: { [`versitygw_v1.7.0_Linux_${unameArch}/versitygw`]: 'versitygw' },
      },
      { by: 'go install', module: 'github.com/versity/versitygw/cmd/versitygw@v1.7.0' },
    ],
    remedy: 'install Go 1.26 or newer',
  },
  {
    name: 'fake-gcs-server',
    version: '1.55.1',
    usedFor: 'the conformance suite of the stores: a second Google Cloud Storage server',
    programs: ['fake-gcs-server'],
    ways: [
      {
        by: 'download',
        url: `${github}/fsouza/fake-gcs-server/releases/download/v1.55.1/fake-gcs-server_1.55.1_linux_${arch}.tar.gz`,
        take: { 'fake-gcs-server': 'fake-gcs-server' },
      },
      { by: 'go install', module: 'github.com/fsouza/fake-gcs-server@v1.55.1' },
    ],
    remedy: 'install Go 1.26 or newer',
  },
  {
    name: 'moto',
    version: '5.2.3',
    usedFor: 'the conformance suite of the stores: S3, STS and IAM with policies',
    programs: ['moto_server'],
    ways: [{ by: 'pip', requirement: 'moto[server]==5.2.3' }],
    remedy: 'install Python 3.10 or newer with the venv module',
  },
  {
    name: 'collector',
    version: collector,
    usedFor: 'the cluster suite and the demo: a real OpenTelemetry Collector',
    programs: ['otelcol'],
    ways: [
      {
        by: 'download',
        url: `${github}/open-telemetry/opentelemetry-collector-releases/releases/download/v${collector}/otelcol-contrib_${collector}_linux_${arch}.tar.gz`,
        take: { 'otelcol-contrib': 'otelcol' },
      },
      {
        by: 'collector builder',
        builder: `go.opentelemetry.io/collector/cmd/builder@v${collector}`,
        manifest: 'hack/tools/collector/builder.yaml',
      },
    ],
    remedy: 'install Go 1.26 or newer',
  },
  {
    name: 'helm',
    version: '4.2.4',
    usedFor: 'the chart suite',
    programs: ['helm'],
    ways: [
      {
        by: 'download',
        url: `https://get.helm.sh/helm-v4.2.4-linux-${arch}.tar.gz`,
        sha256Url: `https://get.helm.sh/helm-v4.2.4-linux-${arch}.tar.gz.sha256`,
        take: { [`linux-${arch}/helm`]: 'helm' },
      },
      { by: 'go install', module: 'helm.sh/helm/v4/cmd/helm@v4.2.4' },
    ],
    remedy: 'install Go 1.26 or newer',
  },
  {
    name: 'promtool',
    version: '3.16.0',
    usedFor: 'checking alert rules',
    programs: ['promtool'],
    ways: [
      {
        by: 'download',
        url: `${github}/prometheus/prometheus/releases/download/v3.16.0/prometheus-3.16.0.linux-${arch}.tar.gz`,
        take: { [`prometheus-3.16.0.linux-${arch}/promtool`]: 'promtool' },
      },
      // Without service discovery: rules know nothing of it, and it is most of what there is to build.
      { by: 'go install', module: 'github.com/prometheus/prometheus/cmd/promtool@v0.316.0', tags: 'remove_all_sd' },
    ],
    remedy: 'install Go 1.26 or newer',
  },
  {
    name: 'chromium',
    // Debian's at the time of writing. Its security updates do not wait for us, and any other is as good to look with.
    version: '156.0.8078',
    usedFor: 'looking at pages as a browser shows them',
    programs: ['chromium'],
    ways: [
      { by: 'PATH', names: ['chromium', 'google-chrome'] },
      { by: 'apt', package: 'chromium', program: '/usr/bin/chromium' },
    ],
    remedy: 'install Chromium, so that it is on the PATH',
  },
];

/** The tool of this name; a wrong name is a mistake in the caller. */
export function toolNamed(name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`there is no tool "${name}"; there are: ${tools.map((each) => each.name).join(', ')}`);
  return tool;
}

/** The variable that names a prepared program: `SPANFERRY_TOOL_MOTO_SERVER` for `moto_server`. */
export const variableOf = (program: string): string => `SPANFERRY_TOOL_${program.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
