import { defineConfig } from 'vitest/config';

/** Suites from fast to slow. hack/test.ts runs them in this order and holds each to a time budget. */
export default defineConfig({
  test: {
    watch: false,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 120_000 } },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          exclude: ['test/cluster/operator/**', 'test/cluster/cli/**'],
          globalSetup: ['test/support/cluster-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'operator',
          include: ['test/cluster/operator/**/*.test.ts'],
          globalSetup: ['test/support/cluster-setup.ts'],
          // An operator looks after all namespaces, so there is one at a time.
          fileParallelism: false,
          // Most of a test is waiting, and its sources are its own.
          maxConcurrency: 8,
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      // Files beside one another: the trial keeps the machine busy, and the others mostly wait.
      { test: { name: 'chaos', include: ['test/chaos/**/*.test.ts'], maxWorkers: 2, hookTimeout: 180_000 } },
      {
        test: {
          name: 'cli',
          include: ['test/cluster/cli/**/*.test.ts'],
          globalSetup: ['test/support/cluster-setup.ts', 'test/support/cli/bundle-setup.ts'],
          // As for the operator: one at a time looks after all namespaces.
          fileParallelism: false,
          maxConcurrency: 8,
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'chart',
          include: ['test/chart/**/*.test.ts'],
          // An admission policy and an operator are everybody's: two at once would stop each other.
          fileParallelism: false,
          globalSetup: ['test/support/cluster-setup.ts'],
          // Operators that are told their namespaces do not meet, and mostly wait.
          maxConcurrency: 8,
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
