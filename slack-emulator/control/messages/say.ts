import { z } from 'zod'
import { LIMITS } from '../../../src/block-kit/limits.ts'
import { EmulatorError } from '../../errors.ts'
import { addIds, attachmentsOf } from '../../workspace/blocks.ts'
import { escapeText, richTextOf } from '../../workspace/escape-text.ts'
import { Json, type Message, type Person } from '../../workspace/records.ts'
import { directoryFor } from '../directory.ts'
import type { EmulatorParts } from '../emulator-parts.ts'
import { checkThread, findInChannel } from '../find.ts'
import { shareFiles } from './shared-files.ts'

/** Slack's limit for one message. */
const MAX_FILES = 20

export const Say = z.object({
  as: z.string(),
  channel: z.string(),
  text: z.string().max(LIMITS.message.textMax).default(''),
  thread_ts: z.string().optional(),
  /** Ids from /local/attach. */
  files: z.array(z.string()).max(MAX_FILES).default([]),
  /** In place of what Slack's client makes of the text. */
  blocks: z.array(Json).optional(),
  attachments: z.array(Json).default([]),
  /** Whether it is what `/me` says. */
  me: z.boolean().default(false),
  /** Whether a reply goes to the channel, too. */
  broadcast: z.boolean().default(false),
})
type Said = z.infer<typeof Say>

/** A person sends a message. */
export function say(parts: EmulatorParts, input: Said): Json {
  const { person, channel } = findInChannel(parts, input.as, input.channel)
  if (input.thread_ts !== undefined) checkThread(parts, channel, input.thread_ts)
  if (channel.archived === true) throw new EmulatorError('conflict', `${channel.name} is archived`)
  if (input.text === '' && [input.files, input.attachments, input.blocks ?? []].every((one) => one.length === 0))
    throw new EmulatorError('input_invalid', 'text: say something, or attach a file')
  const said = parts.workspace.post({
    channel: channel.id,
    user: person.id,
    ...contentOf(parts, person, input),
    ...shareFiles(parts, channel, input.files),
    ...(input.attachments.length === 0 ? {} : { attachments: attachmentsOf(input.attachments) }),
    ...subtypeOf(input),
    ...(input.thread_ts === undefined ? {} : { thread_ts: input.thread_ts }),
  })
  return { ok: true, channel: channel.id, ts: said.ts }
}

/** The text as the API carries it, and the blocks that Slack's client makes of it; what `/me` says has none. */
export function contentOf(
  { workspace }: EmulatorParts,
  person: Person,
  { text: typed, blocks, me }: Pick<Said, 'text' | 'blocks' | 'me'>,
): Pick<Message, 'text' | 'blocks'> {
  const text = escapeText(typed, directoryFor(workspace, person))
  if (blocks !== undefined) return { text, blocks: addIds(blocks) }
  return text === '' || me ? { text } : { text, blocks: addIds([richTextOf(text)]) }
}

function subtypeOf({ me, broadcast, thread_ts }: Said): Pick<Message, 'subtype'> {
  if (me) return { subtype: 'me_message' }
  return broadcast && thread_ts !== undefined ? { subtype: 'thread_broadcast' } : {}
}
