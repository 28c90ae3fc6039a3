import { defineConfig } from 'vitest/config'

const REPORT = 'test-results/vitest.json'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: more workers only make real servers, started by many tests at once, time out.
    maxWorkers: 2,
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
    globalSetup: ['test/support/global-setup.ts'],
    // .ci/run counts from the report.
    reporters: ['default', ['json', { outputFile: REPORT }]],
  },
})
