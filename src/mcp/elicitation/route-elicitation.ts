import type { ElicitResult } from '@modelcontextprotocol/client'
import { FormAnswer } from './form-field.ts'
import type { InputAnswer, InputRequest } from './input-request.ts'

/** A call under way that can reach its person. */
export type ElicitationTarget = {
  ask(request: InputRequest, signal: AbortSignal): Promise<InputAnswer>
  /** While anybody is asked, no call of the session runs out of time: a server may do one thing at a time. */
  pause(): void
  resume(): void
}

/** The calls under way on one session. Nothing on the wire of the old protocol says which of them asks: the one begun last is taken. */
export type ElicitationRouter = {
  /** Returns what takes it out again. */
  enter(asker: ElicitationTarget): () => void
  ask(request: InputRequest, signal: AbortSignal): Promise<InputAnswer>
}

export function createElicitationRouter(): ElicitationRouter {
  const under = new Set<ElicitationTarget>()
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

/** An answer as the wire has it. */
export const toElicitResult = ({ action, content }: InputAnswer): ElicitResult =>
  action === 'accept' && content !== undefined ? { action, content: FormAnswer.parse(content) } : { action }
