import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createInstanceName, releaseDeadInstances } from '../../../src/run/worker/dead-instances.ts'

/** Which of these owners of runs are taken for dead. */
async function deadAmong(owners: string[], self = 'self'): Promise<string[]> {
  const disowned: string[] = []
  const store = { owners: async () => owners, disown: async (owner: string) => disowned.push(owner) > 0 }
  expect(await releaseDeadInstances(store, self)).toEqual(disowned)
  return disowned
}

const named = (change: { table?: string; pid?: number; start?: string }): string => {
  const [table, pid, start, id] = createInstanceName().split('/')
  return [change.table ?? table, change.pid ?? pid, change.start ?? start, id].join('/')
}

test('two instances of one process have two names, and both live', async () => {
  const [one, other] = [createInstanceName(), createInstanceName()]
  expect(one).not.toBe(other)
  expect(await deadAmong([one, other], one)).toEqual([])
})

test('a process of another machine or container is left to its lease, whatever lives here under its id', async () => {
  expect(
    await deadAmong([named({ table: 'another boot pid:[1]', pid: 999_999_999 }), 'unknown/999999999/1/x']),
  ).toEqual([])
})

test('a process that is gone is dead, also when another has its id now', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-p', 'process.pid'])
  const [gone, replaced] = [named({ pid: Number(stdout) }), named({ start: '1' })]
  // Without /proc nothing is certain.
  const certain = process.platform === 'linux' ? [gone, replaced] : []
  expect(await deadAmong([gone, replaced, named({})])).toEqual(certain)
})
