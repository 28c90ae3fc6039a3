import { expect, test } from 'vitest'
import { createEmptyDatabase } from '../support/database.ts'
import { TARGETS } from './targets.ts'

/** `npm run fuzz` tries each for ten minutes. */
const FOR = { seconds: 2, seed: 20_261_129 }

test.each(Object.entries(TARGETS))('%s stands what is made up', { timeout: 60_000 }, async (_, open) => {
  await using databases = new AsyncDisposableStack()
  await using target = await open(async () => databases.use(await createEmptyDatabase()).url)
  expect((await target.fuzz(FOR)).inputs).toBeGreaterThan(0)
})
