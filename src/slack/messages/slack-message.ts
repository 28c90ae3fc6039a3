import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { withoutNulls } from '../../json.ts'
import type { AttachedFile } from '../../run/state/events.ts'
import { limitChars, mergeWords } from '../message-text/merge-words.ts'
import { isPayloadFields, joinLines } from '../message-text/payload-fields.ts'
import { attachmentTextsOf, escapeQuoted, quoteForPerson } from '../message-text/read-attachments.ts'
import { blocksTextOf } from '../message-text/read-blocks.ts'
import { type MessageNames, mrkdwnTextOf } from '../message-text/read-mrkdwn.ts'
import { MessageFiles } from './message-content.ts'

/** What a block or attachment is, is read with its words: one that is malformed must not cost the rest. */
const Parts = z
  .array(z.unknown())
  .default([])
  .catch([])
  .transform((parts) => parts.filter(isPayloadFields))

/** A message as events, the Web API and shortcuts bring it; null counts as absent everywhere in it. */
export const SlackMessage = z.preprocess(
  withoutNulls,
  z.object({
    type: z.string().optional(),
    subtype: z.string().optional(),
    ts: z.string(),
    thread_ts: z.string().optional(),
    channel: z.string().optional(),
    channel_type: z.string().optional(),
    user: z.string().optional(),
    bot_id: z.string().optional(),
    app_id: z.string().optional(),
    username: z.string().optional(),
    bot_profile: z.object({ name: z.string().optional() }).optional().catch(undefined),
    team: z.string().optional(),
    user_team: z.string().optional(),
    source_team: z.string().optional(),
    edited: z.unknown().optional(),
    reply_count: z.number().optional(),
    hidden: z.boolean().optional(),
    text: z.string().default(''),
    blocks: Parts,
    attachments: Parts,
    files: MessageFiles,
  }),
)
export type SlackMessage = z.infer<typeof SlackMessage>

/** What a message says: its author's words, and what others wrote that it carries, each in a frame that names them. */
type MessageText = { own: string; quoted: string }

type Words = Pick<SlackMessage, 'text' | 'blocks' | 'attachments' | 'files'>

/** About 3,000 tokens, for each of a message's parts. */
const MOST_CHARS = 12_000

/** `maxChars` bounds the author's words; what else the message carries has a bound of its own. */
function messageTextOf(message: Words, names: MessageNames, maxChars = MOST_CHARS): MessageText {
  const attached = attachmentTextsOf(message.attachments, names)
  const partsOf = (quoted: boolean) => attached.filter((one) => one.quoted === quoted).map(({ text }) => text)
  const blocks = joinLines([blocksTextOf(message.blocks, names), ...partsOf(false)])
  const own = mergeWords(mrkdwnTextOf(message.text, names), blocks)
  return { own: limitChars(escapeQuoted(own), maxChars), quoted: joinLines(partsOf(true)) }
}

/** All a person reads of a message, its files by name. */
export function textOfMessage(message: Words, names: MessageNames, maxChars = MOST_CHARS): string {
  const { own, quoted } = messageTextOf(message, names, maxChars)
  return joinLines([own, quoted, ...message.files.map(({ name }) => `[file ${name}]`)])
}

/** Every file a message shows, those of forwarded messages after its own. */
export const filesOfMessage = ({ files, attachments }: SlackMessage): AttachedFile[] => [
  ...files,
  ...attachments.flatMap((attachment) => MessageFiles.safeParse(attachment.files).data ?? []),
]

/** A name that nobody has, so that the app's own mention is found in a text. */
const APP_MARK = '\u0000app'
const MENTION = `@${APP_MARK}`

/** What a person says to the app: their words without its mention at their start or end, and what others wrote. */
export function requestTextOf(message: Words, names: MessageNames, app: string): MessageText {
  const person = (id: string) => (id === app ? APP_MARK : names.person(id))
  const { own, quoted } = messageTextOf(message, { ...names, person }, LIMITS.message.textMax)
  const words = withoutMentionAtEnds(own.trim()).trim().replaceAll(APP_MARK, 'Patchbay')
  return { own: words, quoted: quoted.replaceAll(APP_MARK, 'Patchbay') }
}

/** Whether a message brings more than the words of its text: a file, what others wrote, a pasted table. */
export function hasMoreThanText(message: Words, names: MessageNames): boolean {
  const all = messageTextOf(message, names)
  if (message.files.length > 0 || all.quoted !== '') return true
  return countWords(all.own) > countWords(messageTextOf({ ...message, blocks: [], attachments: [] }, names).own)
}

const countWords = (text: string): number => text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0

function withoutMentionAtEnds(words: string): string {
  const rest = words.startsWith(MENTION) ? words.slice(MENTION.length).replace(/^[\s,:]+/, '') : words
  return rest.endsWith(MENTION) ? rest.slice(0, -MENTION.length) : rest
}

/** All a person reads of a message, for people: what others wrote stands below a line that says so. */
export function quoteOfMessage(message: Words, names: MessageNames): string {
  const { own } = messageTextOf(message, names)
  const quoted = attachmentTextsOf(message.attachments, names, quoteForPerson).filter((one) => one.quoted)
  return joinLines([own, ...quoted.map(({ text }) => text)])
}

/** A message that no person wrote by hand, whoever it names as its author. */
export const isByApp = ({ bot_id, subtype, user }: Pick<SlackMessage, 'bot_id' | 'subtype' | 'user'>): boolean =>
  bot_id !== undefined || subtype === 'bot_message' || user === SLACKBOT

const SLACKBOT = 'USLACKBOT'

type Author = Pick<SlackMessage, 'user' | 'bot_id' | 'subtype' | 'username' | 'bot_profile'>

/** Who a message is from: a person by name and user id, another app by the name it posts under, the app itself as such. */
export function authorOf(message: Author, names: MessageNames, bot: { user: string; bot: string }): string {
  const { user, bot_id, username, bot_profile } = message
  if (user === bot.user || bot_id === bot.bot) return 'Patchbay (you)'
  const person = withoutNotes((user && names.person(user)) || '')
  const app = withoutNotes(username || bot_profile?.name || '')
  return isByApp(message) ? appAuthorOf(app || person) : `${person || app || 'somebody'}${idNoteOf(user)}`
}

const appAuthorOf = (name: string): string => (name === '' ? 'an app' : `${name} (app)`)

const idNoteOf = (user: string | undefined): string => (user === undefined ? '' : ` (${user})`)

/** A note that only the app puts behind a name: names may be alike, and user ids are not. */
const NOTE = /[(（]\s*(?:you|app|[UW][A-Z0-9]{5,}|the message[^()（）]*)\s*[)）]$/i

/** A name as people and apps choose it, which may not say who they are by the app's own notes. */
function withoutNotes(name: string): string {
  const bare = name.trim().replace(NOTE, '')
  return bare === name ? name : withoutNotes(bare)
}
