import { defineConfig } from 'vitest/config'

const REPORT = 'test-results/vitest.json'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: a third worker works while others wait; more only make real servers, started by many tests at once, time out.
    maxWorkers: 3,
    // A wait may be missed where CI's machine stalls. What passed at its second try is marked with "retry" in the output.
    retry: process.env.CI === undefined ? 0 : 1,
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
    globalSetup: ['test/support/global-setup.ts'],
    // .ci/run counts from the report.
    reporters: ['default', ['json', { outputFile: REPORT }]],
  },
})
