import { readJsonMap } from './json.ts'
import type { MessagesRequest } from './request.ts'
import type { JsonMap } from './stream.ts'

/** A tool call and what came of it. */
export type PastCall = { name: string; input: JsonMap; text: string; isError: boolean }

/** The request as the offline model sees it: the last words of the person, what was done for them, and what came before. */
export type Conversation = { asked: string; done: PastCall[]; before: PastCall[]; said: string[] }

/** Rules over more text than this would take long, and nobody types so much. */
const ASKED_MAX_CHARACTERS = 20_000

type Message = MessagesRequest['messages'][number]

export function readConversation(request: MessagesRequest): Conversation {
  const hasText = (message: Message) => message.role === 'user' && textsOf(message).length > 0
  const spoken = request.messages.findLastIndex((message) => requestIn(message) !== undefined)
  const last = spoken < 0 ? request.messages.findLastIndex(hasText) : spoken
  const asked = askedIn(request.messages[last])
  const before = request.messages.slice(0, Math.max(last, 0)).findLast((message) => requestIn(message) !== undefined)
  return {
    asked: withCorrection(askedIn(before), asked),
    done: pastCallsIn(request.messages.slice(last + 1), request.messages),
    before: pastCallsIn(request.messages.slice(0, last + 1), request.messages),
    said: request.messages.slice(0, last).flatMap(textsOf),
  }
}

/**
 * What the person wants. Words beside tool results are notes to the model ("this is the last turn"), unless they begin as all requests do:
 * then the person said them in place of deciding.
 */
function requestIn(message: Message): string | undefined {
  if (message.role !== 'user') return undefined
  const texts = textsOf(message)
  return hasResults(message) ? texts.find((text) => STAMP.test(text)) : texts[0]
}

const askedIn = (message: Message | undefined): string =>
  message === undefined ? '' : plainText(requestIn(message) ?? textsOf(message)[0] ?? '').slice(0, ASKED_MAX_CHARACTERS)

const MEANT = /^(?:(?:sorry|oh|oops|no|wait)\b[\s,.!]*)*i mean[t]?\b[\s:,]*(.+)$/is

/** A number, or a list of some. */
const NUMBERS = /\d+(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)\d+)*/g

/** "Sorry, I meant 10021": the request before, with the other number in it. */
function withCorrection(before: string, asked: string): string {
  const [, meant] = MEANT.exec(asked) ?? []
  if (meant === undefined) return asked
  const [number, ...others] = meant.match(/\d+/g) ?? []
  const isNumber = number !== undefined && others.length === 0 && meant.trim().split(/\s+/).length <= 3
  return isNumber && before.match(NUMBERS)?.length === 1 ? before.replace(NUMBERS, number) : meant
}

/** What people and the model said; a server's notes on its own use are neither. */
function textsOf({ content }: Message): string[] {
  const texts =
    typeof content === 'string' ? [content] : content.flatMap((block) => (block.type === 'text' ? [block.text] : []))
  return texts.filter((text) => text.trim() !== '' && !text.startsWith('<server_notes '))
}

function hasResults({ content }: Message): boolean {
  return typeof content !== 'string' && content.some((block) => block.type === 'tool_result')
}

/** What the app tells before a request: what was said earlier, each in a frame, then who asks and when. */
const BEFORE = /^\s*(?:<(thread_before|earlier_here)\b[^>]*>\n[\s\S]*?\n<\/\1>\s*)+/
const STAMP = /^(?:\[[^\n]*\]\n)*?\[[^\n]*\bUTC\b[^\n]*\]\n(?:\[Their message reads differently now:\]\n)?/

/** Only what the person says now. Without Slack's mentions and link brackets. */
function plainText(text: string): string {
  return text
    .replace(BEFORE, '')
    .replace(STAMP, '')
    .replaceAll(/<@[A-Z0-9]+(?:\|[^>]*)?>/g, ' ')
    .replaceAll(/<(?:[a-z]+:[^>|]+)\|([^>]+)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/[ \t]{2,}/g, ' ')
    .trim()
}

function pastCallsIn(messages: Message[], all: Message[]): PastCall[] {
  const uses = new Map(
    all.flatMap(({ content }) =>
      typeof content === 'string'
        ? []
        : content.flatMap((block) => (block.type === 'tool_use' ? [[block.id, block] as const] : [])),
    ),
  )
  return messages.flatMap(({ content }) => {
    if (typeof content === 'string') return []
    return content.flatMap((block) => {
      const use = block.type === 'tool_result' ? uses.get(block.tool_use_id) : undefined
      if (block.type !== 'tool_result' || !use) return []
      const { text, changed } = withoutEdit(resultText(block.content))
      return [{ name: use.name, input: changed ?? use.input, text, isError: block.is_error }]
    })
  })
}

type ResultContent = string | ({ type: 'text'; text: string } | { type: 'other'; kind: string })[]

function resultText(content: ResultContent): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : `(${part.kind})`)).join('\n')
}

/** A person may have changed the arguments before approving; the app says so above the result. */
const EDITED = /^\[A person changed the arguments to (\{[\s\S]*?\}) before approving\.[^\n]*\]\n/

function withoutEdit(text: string): { text: string; changed: JsonMap | undefined } {
  const found = EDITED.exec(text)
  if (!found) return { text, changed: undefined }
  return { text: text.slice(found[0].length), changed: readJsonMap(found[1] ?? '') }
}
