import { randomBytes } from 'node:crypto'
import { LIMITS } from '../../src/block-kit/limits.ts'

/** Trigger ids: three seconds, one use (docs.slack.dev/interactivity/handling-user-interaction#modal_responses). */
export type TriggerIds = {
  /** `modal`: the interaction was inside a modal, so `views.push` may use it. */
  issue(user: string, modal?: boolean): string
  take(
    id: string,
  ): { user: string; modal: boolean } | 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id'
}

type Trigger = { user: string; modal: boolean; expiresAt: number; used: boolean }

/** Old triggers are kept only to distinguish expired from invalid ones. */
const MAX_TRIGGERS = 5_000

export function createTriggerIds(now: () => number): TriggerIds {
  const triggers = new Map<string, Trigger>()
  return {
    issue(user, modal = false) {
      const id = `${now()}.${randomBytes(8).toString('hex')}`
      triggers.set(id, { user, modal, expiresAt: now() + LIMITS.trigger.lifetimeMs, used: false })
      const [oldest] = triggers.size > MAX_TRIGGERS ? triggers.keys() : []
      if (oldest !== undefined) triggers.delete(oldest)
      return id
    },
    take(id) {
      const trigger = triggers.get(id)
      if (trigger === undefined) return 'invalid_trigger_id'
      if (trigger.used) return 'exchanged_trigger_id'
      if (now() > trigger.expiresAt) return 'expired_trigger_id'
      triggers.set(id, { ...trigger, used: true })
      return { user: trigger.user, modal: trigger.modal }
    },
  }
}
