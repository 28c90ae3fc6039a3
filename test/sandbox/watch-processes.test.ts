import { expect, test } from 'vitest'
import { watchProcesses } from '../../src/sandbox/watch-processes.ts'

test('a server that keeps us from measuring it is ended, and we go on', async () => {
  const find = () => {
    throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
  }
  const why = await new Promise<string>((resolve) => {
    // Its own timer keeps no process alive.
    const alive = setInterval(() => undefined, 100)
    watchProcesses(find, { memoryMb: 256 }, (told) => {
      clearInterval(alive)
      resolve(told)
    })
  })
  expect(why).toBe('what it uses cannot be measured (EIO: i/o error)')
})
