import { z } from 'zod'
import { LIMITS } from '../../src/block-kit/limits.ts'
import { EmulatorError } from '../errors.ts'
import { addIds } from '../workspace/blocks.ts'
import { escapeText, richTextOf } from '../workspace/escape-text.ts'
import type { Json } from '../workspace/records.ts'
import { directoryFor } from './directory.ts'
import type { EmulatorParts } from './emulator-parts.ts'
import { checkThread, findInChannel } from './find.ts'
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
})

/** A person sends a message. */
export function say(parts: EmulatorParts, input: z.infer<typeof Say>): Json {
  const { person, channel } = findInChannel(parts, input.as, input.channel)
  if (input.thread_ts !== undefined) checkThread(parts, channel, input.thread_ts)
  if (channel.archived === true) throw new EmulatorError('conflict', `${channel.name} is archived`)
  if (input.text === '' && input.files.length === 0)
    throw new EmulatorError('input_invalid', 'text: say something, or attach a file')
  const text = escapeText(input.text, directoryFor(parts.workspace, person))
  const said = parts.workspace.post({
    channel: channel.id,
    user: person.id,
    text,
    ...(text === '' ? {} : { blocks: addIds([richTextOf(text)]) }),
    ...shareFiles(parts, channel, input.files),
    ...(input.thread_ts === undefined ? {} : { thread_ts: input.thread_ts }),
  })
  return { ok: true, channel: channel.id, ts: said.ts }
}
