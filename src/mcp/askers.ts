import type { InputAnswer, InputRequest } from './ask.ts'

/** A call under way that can reach its person. */
export type Asker = {
  ask(request: InputRequest, signal: AbortSignal): Promise<InputAnswer>
  /** While anybody is asked, no call of the session runs out of time: a server may do one thing at a time. */
  pause(): void
  resume(): void
}

/** The calls under way on one session. Nothing on the wire of the old protocol says which of them asks: the one begun last is taken. */
export type Askers = {
  /** Returns what takes it out again. */
  enter(asker: Asker): () => void
  ask(request: InputRequest, signal: AbortSignal): Promise<InputAnswer>
}

export function createAskers(): Askers {
  const under = new Set<Asker>()
  return {
    enter(asker) {
      under.add(asker)
      return () => under.delete(asker)
    },
    async ask(request, signal) {
      const asked = [...under].at(-1)
      if (asked === undefined) return { action: 'cancel' }
      const held = [...under]
      for (const one of held) one.pause()
      try {
        return await asked.ask(request, signal)
      } finally {
        for (const one of held) one.resume()
      }
    },
  }
}
