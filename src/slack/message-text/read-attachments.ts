import { escapeFrames, type FrameTag, quoteWords } from '../../run/frames.ts'
import { limitChars, mergeWords } from './merge-words.ts'
import { isPayloadFields, joinLines, listFields, type PayloadFields, textIn } from './payload-fields.ts'
import { blocksTextOf, buttonsText, linkedText } from './read-blocks.ts'
import { dateText, type MessageNames, mrkdwnTextOf } from './read-mrkdwn.ts'

/** Of more attachments, the first are read. */
const MOST_ATTACHMENTS = 20

type AttachmentText = { quoted: boolean; text: string }

/** Sets somebody else's words apart; `source` says whose they are. */
type QuoteFormat = (tag: FrameTag, source: Record<string, string>, words: string) => string

/** The words of attachments; those of forwards and unfurls are somebody else's, and `quoted` (docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments). */
export const attachmentTextsOf = (
  attachments: PayloadFields[],
  names: MessageNames,
  format: QuoteFormat = quoteForModel,
): AttachmentText[] =>
  attachments
    .slice(0, MOST_ATTACHMENTS)
    .map((attachment) => attachmentTextOf(attachment, names, format))
    .filter(({ text }) => text !== '')

/** The frames of what a message carries of others. */
const TAGS: FrameTag[] = ['forwarded', 'link_preview']

/** A person's own words, in which nothing begins or ends such a frame. */
export const escapeQuoted = (words: string): string => escapeFrames(words, TAGS)

const quoteForModel: QuoteFormat = (tag, source, words) => {
  const others = TAGS.filter((one) => one !== tag)
  return quoteWords(tag, source, escapeFrames(words, others))
}

/** The same for a person, who sees no tags. */
export const quoteForPerson: QuoteFormat = (tag, source, words) => {
  if (tag === 'link_preview') return `[Preview${source.of ? ` of ${source.of}` : ''}]\n${words}`
  const place = source.in === undefined ? '' : ` in ${source.in}`
  return `[Forwarded from ${source.from}${place}]\n${words}`
}

/** About 3,000 tokens. */
const MAX_QUOTED_CHARS = 12_000

function attachmentTextOf(attachment: PayloadFields, names: MessageNames, format: QuoteFormat): AttachmentText {
  const tag = tagOf(attachment)
  if (tag === undefined) return { quoted: false, text: wordsIn(attachment, names) }
  const isForward = tag === 'forwarded'
  const words = isForward ? messageWordsIn(attachment, names) : wordsIn(attachment, names)
  if (words === '') return { quoted: true, text: '' }
  const source = isForward ? originOf(attachment, names) : { of: sourceOf(attachment) }
  return { quoted: true, text: format(tag, source, limitChars(words, MAX_QUOTED_CHARS)) }
}

/** Undefined for what the message's author attached: an alert's words, a pasted table. */
function tagOf(attachment: PayloadFields): FrameTag | undefined {
  const isMessage = ['is_share', 'is_msg_unfurl', 'is_reply_unfurl', 'is_thread_root_unfurl'].some(
    (name) => attachment[name] === true,
  )
  if (isMessage) return 'forwarded'
  return attachment.is_app_unfurl === true || sourceOf(attachment) !== '' ? 'link_preview' : undefined
}

/** The page or app whose link is shown. */
const sourceOf = (attachment: PayloadFields): string =>
  ['from_url', 'original_url', 'app_unfurl_url'].map((name) => textIn(attachment, name)).find(Boolean) ?? ''

/** Who wrote a forwarded message, where and when. */
function originOf(attachment: PayloadFields, names: MessageNames): { [attribute: string]: string } {
  const at = (name: string) => textIn(attachment, name)
  const author = names.person(at('author_id')) ?? (at('author_name') || at('author_subname') || 'somebody')
  const channel = names.channel(at('channel_id')) ?? at('channel_name')
  const named = channel === '' ? at('footer') : `#${channel.replace(/^#/, '')}`
  const place = /^D[A-Z0-9]+$/.test(at('channel_id')) ? 'a direct message' : named
  return {
    from: author,
    ...(place !== '' && { in: place }),
    ...(at('ts') !== '' && { at: dateText(Number(at('ts')), '') }),
  }
}

/** The message that is forwarded or linked: as its blocks have it, or as text. */
function messageWordsIn(attachment: PayloadFields, names: MessageNames): string {
  const inner = listFields(attachment.message_blocks).flatMap(({ message }) =>
    isPayloadFields(message) ? [message] : [],
  )
  const blocks = inner.map((message) => blocksTextOf(message.blocks, names))
  const nested = [attachment, ...inner].flatMap((message) =>
    listFields(message.attachments).map((one) => wordsIn(one, names)),
  )
  const shown = joinLines([...blocks, blocksTextOf(attachment.blocks, names)])
  const text = mrkdwnTextOf(textIn(attachment, 'text'), names)
  const words = joinLines([mergeWords(text, shown), ...nested, fileNamesIn(attachment)])
  return words || mrkdwnTextOf(textIn(attachment, 'fallback'), names)
}

const fileNamesIn = ({ files }: PayloadFields): string =>
  joinLines(listFields(files).map((file) => `[file ${textIn(file, 'name') || textIn(file, 'title') || 'a file'}]`))

/** What an app or Slack put into an attachment, from top to bottom. */
function wordsIn(attachment: PayloadFields, names: MessageNames): string {
  const at = (name: string) => mrkdwnTextOf(textIn(attachment, name), names)
  const title = at('title')
  const fields = listFields(attachment.fields).map((field) => {
    const [name, value] = [mrkdwnTextOf(textIn(field, 'title'), names), mrkdwnTextOf(textIn(field, 'value'), names)]
    return name === '' || value === '' ? name || value : `${name}: ${value}`
  })
  const legacy = joinLines([
    at('pretext'),
    [at('service_name'), at('author_name'), at('author_subname')].filter(Boolean).join(', '),
    title === '' ? '' : linkedText(title, textIn(attachment, 'title_link')),
    at('text'),
    ...fields,
    buttonsText(listFields(attachment.actions), names),
    fileNamesIn(attachment),
    at('footer'),
  ])
  const words = mergeWords(legacy, blocksTextOf(attachment.blocks, names))
  if (words !== '') return words
  const fallback = mergeWords(at('fallback'), '')
  return fallback.startsWith('[no ') ? '' : fallback
}
