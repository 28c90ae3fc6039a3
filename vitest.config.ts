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
    // Most tests wait for a real server or database: four workers keep two cores busy. More make servers started at once time out.
    maxWorkers: 4,
    // A worker keeps the modules it has loaded. Loading all of the product for each of the files took a fifth of the time.
    isolate: false,
    // A wait may be missed where CI's machine stalls. What passed at its second try is marked with "retry" in the output.
    retry: process.env.CI === undefined ? 0 : 1,
    sequence: { sequencer: LongFirst },
    testTimeout: 120_000,
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 120_000,
    globalSetup: ['test/support/global-setup.ts'],
    // .ci/run counts from the report.
    reporters: ['default', ['json', { outputFile: REPORT }]],
  },
})
