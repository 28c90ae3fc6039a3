import type { Message } from '../../model/turn.ts'
import { headOf } from '../../text.ts'
import type { Source } from '../deps.ts'

// Of all servers together; what one may say, mcp/ bounds.
const MAX_CHARS = 8_000

/**
 * The messages with what the person's servers say of their own use, marked as theirs, before the first word. At the
 * beginning, so that the model's cache holds through a conversation.
 */
export function addServerInstructions(messages: Message[], sources: Source[]): Message[] {
  const [first, ...rest] = messages
  const notes = notesOf(sources)
  if (notes === '' || first?.role !== 'user') return messages
  return [{ role: 'user', content: [{ type: 'text', text: notes }, ...first.content] }, ...rest]
}

function notesOf(sources: Source[]): string {
  let room = MAX_CHARS
  const notes = sources.flatMap(({ name, instructions, tools }) => {
    if (instructions === undefined || tools.length === 0 || room <= 0) return []
    const text = headOf(closed(instructions), room)
    room -= text.length
    return [`<server_notes connection="${name}" trusted="no">\n${text}\n</server_notes>`]
  })
  return notes.join('\n')
}

/** A server cannot end its own quotation. */
const closed = (text: string): string => text.replace(/<(?=\s*\/?\s*server_notes)/gi, '‹')
