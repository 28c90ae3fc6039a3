import { z } from 'zod'
import { EmulatorError } from '../../errors.ts'
import { EmojiName, setReaction } from '../../web-api/methods/reactions.ts'
import type { Json } from '../../workspace/records.ts'
import { TOMBSTONE } from '../../workspace/tombstone.ts'
import type { EmulatorParts } from '../emulator-parts.ts'
import { findMessage } from '../find.ts'

export const React = z.object({
  as: z.string(),
  channel: z.string(),
  ts: z.string(),
  /** With colons or without. */
  emoji: z
    .string()
    .transform((name) => name.replace(/^:|:$/g, ''))
    .pipe(EmojiName),
  removed: z.boolean().default(false),
})

/** A person puts an emoji to a message, or takes it back. */
export function reactAs(parts: EmulatorParts, { as, emoji, removed, ...at }: z.infer<typeof React>): Json {
  const { person, channel, message } = findMessage(parts, as, at)
  if (channel.archived === true) throw new EmulatorError('conflict', `${channel.name} is archived`)
  if (message.ephemeral_to !== undefined || message.subtype === TOMBSTONE)
    throw new EmulatorError('conflict', 'nobody reacts to this message')
  const done = setReaction(parts.workspace, message, { user: person.id, name: emoji, added: !removed })
  if (done) return { ok: true }
  throw new EmulatorError('conflict', `${person.name} has ${removed ? 'not' : 'already'} reacted with :${emoji}:`)
}
