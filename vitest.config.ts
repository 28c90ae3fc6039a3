import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const REPORT = 'test-results/vitest.json'

/** Small files that work long: at the end they would work while nothing else does. */
const LONG = /\/test\/(?:soak|chaos)\//

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [true, false].flatMap((long) => sorted.filter(({ moduleId }) => LONG.test(moduleId) === long))
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: a third worker works while others wait; more only make real servers, started by many tests at once, time out.
    maxWorkers: 3,
    // A wait may be missed where CI's machine stalls. What passed at its second try is marked with "retry" in the output.
    retry: process.env.CI === undefined ? 0 : 1,
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
    globalSetup: ['test/support/global-setup.ts'],
    // .ci/run counts from the report.
    reporters: ['default', ['json', { outputFile: REPORT }]],
  },
})
