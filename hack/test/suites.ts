/** A suite of tests: a project of vitest.config.ts, the real programs it stands on, and how long it may take. */
export type Suite = {
  readonly name: string;
  /** Without one of these it cannot run at all. */
  readonly needs: readonly string[];
  /** Without one of these some of its tests are skipped, loudly. */
  readonly uses: readonly string[];
  /** Measured on two cores, rounded up. A suite that takes more than twice as long has failed. */
  readonly budgetSeconds: number;
};

/** From fast to slow. */
export const suites: readonly Suite[] = [
  { name: 'unit', needs: [], uses: [], budgetSeconds: 120 },
  { name: 'conformance', needs: [], uses: ['versitygw', 'fake-gcs-server', 'moto', 'chromium'], budgetSeconds: 300 },
  { name: 'cluster', needs: ['controlplane'], uses: ['controller-manager', 'collector'], budgetSeconds: 600 },
  { name: 'operator', needs: ['controlplane'], uses: [], budgetSeconds: 700 },
  { name: 'cli', needs: ['controlplane'], uses: [], budgetSeconds: 240 },
  { name: 'chaos', needs: ['controlplane'], uses: [], budgetSeconds: 340 },
  { name: 'chart', needs: ['controlplane'], uses: ['helm', 'promtool'], budgetSeconds: 300 },
];
