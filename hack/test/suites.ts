/** A suite of tests: a project of vitest.config.ts, the real programs it needs, and how long it may take. */
export type Suite = {
  readonly name: string;
  readonly tools: readonly string[];
  /** Measured on two cores, rounded up. A suite that takes more than twice as long has failed. */
  readonly budgetSeconds: number;
};

/** From fast to slow. */
export const suites: readonly Suite[] = [
  { name: 'unit', tools: [], budgetSeconds: 120 },
  { name: 'conformance', tools: ['versitygw', 'fake-gcs-server', 'moto'], budgetSeconds: 300 },
  { name: 'cluster', tools: ['controlplane', 'controller-manager', 'collector'], budgetSeconds: 600 },
  { name: 'chart', tools: ['helm', 'controlplane'], budgetSeconds: 180 },
];
