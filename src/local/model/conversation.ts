import type { ModelRequest } from './request.ts'
import type { JsonMap } from './stream.ts'

/** A tool call and what came of it. */
export type Done = { name: string; input: JsonMap; text: string; isError: boolean }

/** The request as the offline model sees it: the last words of the person, what was done for them, and what came before. */
export type Conversation = { asked: string; done: Done[]; before: Done[]; said: string[] }

type Message = ModelRequest['messages'][number]

export function readConversation(request: ModelRequest): Conversation {
  const last = request.messages.findLastIndex((message) => message.role === 'user' && textsOf(message).length > 0)
  const asked = request.messages[last]
  return {
    asked: asked ? plainText(textsOf(asked).at(-1) ?? '') : '',
    done: doneIn(request.messages.slice(last + 1), request.messages),
    before: doneIn(request.messages.slice(0, last + 1), request.messages),
    said: request.messages.slice(0, last).flatMap(textsOf),
  }
}

function textsOf(message: Message): string[] {
  if (typeof message.content === 'string') return [message.content].filter((text) => text.trim() !== '')
  return message.content.flatMap((block) => (block.type === 'text' && block.text.trim() !== '' ? [block.text] : []))
}

/** Without Slack's mentions and link brackets. */
function plainText(text: string): string {
  return text
    .replaceAll(/<@[A-Z0-9]+(?:\|[^>]*)?>/g, ' ')
    .replaceAll(/<(?:[a-z]+:[^>|]+)\|([^>]+)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/[ \t]{2,}/g, ' ')
    .trim()
}

function doneIn(messages: Message[], all: Message[]): Done[] {
  const wishes = new Map(
    all.flatMap(({ content }) =>
      typeof content === 'string'
        ? []
        : content.flatMap((block) => (block.type === 'tool_use' ? [[block.id, block] as const] : [])),
    ),
  )
  return messages.flatMap(({ content }) => {
    if (typeof content === 'string') return []
    return content.flatMap((block) => {
      const wish = block.type === 'tool_result' ? wishes.get(block.tool_use_id) : undefined
      if (block.type !== 'tool_result' || !wish) return []
      return [{ name: wish.name, input: wish.input, text: resultText(block.content), isError: block.is_error }]
    })
  })
}

type ResultContent = string | ({ type: 'text'; text: string } | { type: 'other'; kind: string })[]

function resultText(content: ResultContent): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : `(${part.kind})`)).join('\n')
}
