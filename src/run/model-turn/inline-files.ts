import type { Message, UserMessage } from '../../model/turn.ts'
import type { RunDeps } from '../deps.ts'
import type { FileContent } from '../state/attached-file.ts'
import type { Origin } from '../state/origin.ts'

/** One request to the model carries 32 MB at most (docs.claude.com, Messages API); base64 takes a third more than the files. */
const MOST_BASE64_CHARS = 24 * 1024 * 1024
const MOST_FILES = 20

type Part = UserMessage['content'][number]
type Room = { files: number; chars: number }

/** The messages with the contents of the files in them; the newest first, until there is no more room. */
export async function inlineFiles(
  deps: Pick<RunDeps, 'readFile'>,
  origin: Origin,
  messages: Message[],
  signal: AbortSignal,
): Promise<Message[]> {
  if (!messages.some(hasFile)) return messages
  const room: Room = { files: MOST_FILES, chars: MOST_BASE64_CHARS }
  const filled: Message[] = []
  for (const message of messages.toReversed()) {
    if (message.role === 'assistant') filled.push(message)
    else filled.push({ role: 'user', content: await fill(deps, origin, { message, room, signal }) })
  }
  return filled.toReversed()
}

const hasFile = ({ content }: Message): boolean => content.some((part) => part.type === 'file')

async function fill(
  deps: Pick<RunDeps, 'readFile'>,
  origin: Origin,
  { message, room, signal }: { message: UserMessage; room: Room; signal: AbortSignal },
): Promise<Part[]> {
  const parts: Part[] = []
  for (const part of message.content) {
    if (part.type !== 'file') {
      parts.push(part)
      continue
    }
    const { type: _, ...file } = part
    const content = room.files > 0 ? await deps.readFile(origin, file, signal) : TOO_MANY
    parts.push(...shown(part, content, room))
  }
  return parts
}

const TOO_MANY: FileContent = { kind: 'unread', why: 'there are too many files in this conversation to show it again' }
const NO_ROOM: FileContent = { kind: 'unread', why: 'there is no room for it beside the other files' }

type Named = Extract<Part, { type: 'file' }>

function shown(file: Named, content: FileContent, room: Room): Part[] {
  const data = content.kind === 'image' || content.kind === 'pdf' ? content.data.length : 0
  if (data > room.chars) return shown(file, NO_ROOM, room)
  room.files -= 1
  room.chars -= data
  const label = `File ${JSON.stringify(file.name)} (${file.mimeType || 'of unknown kind'})`
  switch (content.kind) {
    case 'text':
      return [{ type: 'text', text: `<file name=${JSON.stringify(file.name)}>\n${content.text}\n</file>` }]
    case 'image':
      return [
        { type: 'text', text: `${label}:` },
        { type: 'image', mimeType: content.mimeType, data: content.data },
      ]
    case 'pdf':
      return [{ type: 'document', name: file.name, data: content.data }]
    case 'unread':
      return [{ type: 'text', text: `[${label} was sent, but you cannot see it: ${content.why}. Tell the person.]` }]
    default:
      return content satisfies never
  }
}
