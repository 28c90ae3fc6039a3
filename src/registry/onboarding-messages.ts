import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { type Principal, RunId, type WorkspaceId } from '../ids.ts'

/** A message that helps a person begin, and what it says now. */
export type OnboardingMessage = {
  channel: string
  ts: string
  /** The welcome, or what is offered under an answer. */
  kind: 'welcome' | 'offer'
  /** The run that an offer stands under. */
  run: RunId | undefined
  shown: string
}

/** Which messages are to change as a person goes on. */
export type OnboardingMessages = {
  of(principal: Principal): Promise<OnboardingMessage[]>
  save(principal: Principal, message: OnboardingMessage): Promise<void>
  /** It will not change any more. */
  remove(workspace: WorkspaceId, message: Pick<OnboardingMessage, 'channel' | 'ts'>): Promise<void>
  /** Forgets those of the whole workspace. */
  forget(workspace: WorkspaceId): Promise<void>
}

const Rows = z.array(
  z.object({
    channel: z.string(),
    ts: z.string(),
    kind: z.enum(['welcome', 'offer']),
    run: RunId.nullable().transform((run) => run ?? undefined),
    shown: z.string(),
  }),
)
const Nothing = z.null().transform(() => undefined)

export const createOnboardingMessages = (db: Db): OnboardingMessages => ({
  of: ({ workspace, user }) => db.call('onboarding_messages_of', { workspace, user }, Rows),
  save: ({ workspace, user }, { run = null, ...message }) =>
    db.call('onboarding_message_save', { workspace, user, ...message, run }, Nothing),
  remove: (workspace, { channel, ts }) => db.call('onboarding_message_remove', { workspace, channel, ts }, Nothing),
  forget: (workspace) => db.call('onboarding_messages_forget', { workspace }, Nothing),
})
