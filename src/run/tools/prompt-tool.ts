import type { PromptMessage } from '../../mcp/features/prompts.ts'
import type { BuiltinRequest, BuiltinResult } from './builtin-call.ts'
import { createTextResult, imagePartOf } from './list-text.ts'
import { quotePrompt } from './quoted-block.ts'

/** The prompt with which the person began the run; no other, however the model asks for it. */
export async function getChosenPrompt({ mcp, state, source, call, options }: BuiltinRequest): Promise<BuiltinResult> {
  if (state.first?.call !== call.id)
    return createTextResult('tool_error', 'Only people choose prompts, with /mcp prompts.')
  const name = String(call.arguments.name)
  const got = await mcp.prompt(source, { name, arguments: textsIn(call.arguments.arguments) }, options)
  if (got.kind !== 'done') return got
  const messages = got.value.map(({ role, content }) => ({ role, text: textOf(content) }))
  const { content } = createTextResult('ok', quotePrompt({ connection: source.name, name, messages }))
  return { kind: 'ok', content: [...content, ...got.value.flatMap((one) => mediaOf(one.content))] }
}

const textsIn = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(Object(value)).map(([name, text]) => [name, String(text)]))

function textOf(content: PromptMessage['content']): string {
  switch (content.type) {
    case 'text':
      return content.text
    case 'link':
      return `${content.name}: ${content.uri}`
    case 'resource':
      return content.text === undefined
        ? `[resource ${content.uri}]`
        : `<resource uri=${JSON.stringify(content.uri)}>\n${content.text}\n</resource>`
    case 'image':
    case 'audio':
      return `[${content.type}]`
    default:
      return content satisfies never
  }
}

/** What is no text goes along as what it is. */
function mediaOf(content: PromptMessage['content']): PromptMessage['content'][] {
  if (content.type === 'text' || content.type === 'link') return []
  if (content.type !== 'resource') return [content]
  return content.data === undefined ? [] : [imagePartOf(content)]
}
