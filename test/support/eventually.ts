import { setTimeout as sleep } from 'node:timers/promises'

const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [20, 100]

/** Tries until it does not throw any more; the last error tells what was still wrong. */
export async function eventually<T>(look: () => Promise<T> | T, withinMs = 15_000): Promise<T> {
  const end = Date.now() + withinMs
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await look()
    } catch (error) {
      if (Date.now() > end) throw error
      await sleep(wait)
    }
  }
}
