import { ProtocolError } from '@modelcontextprotocol/client'
import type { Target } from '../protocol/server-target.ts'
import type { Session } from '../protocol/session.ts'

/** Whether a session that lay unused still answers, asked before it carries a call that must not get lost. */
export type SessionHealth = {
  /** The session was used just now. */
  note(session: Session): void
  isSound(session: Session, target: Target, signal: AbortSignal): Promise<boolean>
}

// What answered a minute ago answers now; asking before each call would double its time.
const QUIET_MS = 60_000
const ANSWER_MS = 3_000

export function createSessionHealth(quietMs: number = QUIET_MS): SessionHealth {
  const usedAt = new WeakMap<Session, number>()
  return {
    note: (session) => void usedAt.set(session, Date.now()),
    isSound: async (session, target, signal) => {
      const last = usedAt.get(session)
      if (last === undefined || Date.now() - last < quietMs) return true
      return answers(session, target, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]))
    },
  }
}

/** The new protocol over HTTP has no session that could be lost: each request stands for itself. */
async function answers({ client, era }: Session, target: Target, signal: AbortSignal): Promise<boolean> {
  if (era.kind === 'modern' && target.kind === 'http') return true
  try {
    const o = { signal, timeout: ANSWER_MS }
    await (era.kind === 'modern' ? client.discover(o) : client.ping(o))
    return true
  } catch (error) {
    // It does not know the question, and lives.
    return error instanceof ProtocolError
  }
}
