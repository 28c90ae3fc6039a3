import { setTimeout as sleep } from 'node:timers/promises'

/** Tries until it does not throw any more; the last error tells what was still wrong. */
export async function eventually<T>(look: () => Promise<T> | T, withinMs = 15_000): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (Date.now() > end) throw error
      await sleep(50)
    }
  }
}
