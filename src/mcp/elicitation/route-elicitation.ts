import type { ElicitResult } from '@modelcontextprotocol/client'
import { FormAnswer } from './form-field.ts'
import type { InputAnswer, InputRequest } from './input-request.ts'

/** A call under way whose person can be asked. */
export type ElicitationTarget = {
  ask(request: InputRequest, signal: AbortSignal): Promise<InputAnswer>
  /** While anybody is asked, all calls of the session are paused, because a server may do one thing at a time. */
  pause(): void
  resume(): void
}

/** The calls under way on one session. The old protocol does not say which of them asks, so the latest is taken. */
export type ElicitationRouter = {
  /** Returns a function that removes it again. */
  enter(target: ElicitationTarget): () => void
  ask(request: InputRequest, signal: AbortSignal): Promise<InputAnswer>
}

export function createElicitationRouter(): ElicitationRouter {
  const underWay = new Set<ElicitationTarget>()
  return {
    enter(target) {
      underWay.add(target)
      return () => underWay.delete(target)
    },
    async ask(request, signal) {
      const latest = [...underWay].at(-1)
      if (latest === undefined) return { action: 'cancel' }
      const paused = [...underWay]
      for (const one of paused) one.pause()
      try {
        return await latest.ask(request, signal)
      } finally {
        for (const one of paused) one.resume()
      }
    },
  }
}

/** An answer as MCP has it. */
export const toElicitResult = ({ action, content }: InputAnswer): ElicitResult =>
  action === 'accept' && content !== undefined ? { action, content: FormAnswer.parse(content) } : { action }
