import type { PromptMessage, ResourceContent } from '../../connect/features/features.ts'
import { AppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type FileUpload, postInThread, type ThreadAnchor, uploadFile } from '../interactions/post-in-thread.ts'
import { contentMessage } from './resources-list.ts'

/** A longer text is easier read as a file than in a message. */
const SHORT_TEXT_CHARS = 2_500
/** Embedded texts up to this stand in the request itself. */
const INLINE_CHARS = 12_000

/** What a resource holds; where its server has a question first, the word where that can be asked. */
export async function readContents(
  { offering }: SlackDeps,
  by: Principal,
  { id, name }: Pick<Connection, 'id' | 'name'>,
  uri: string,
): Promise<ResourceContent[]> {
  const contents = await offering.read(by, id, uri)
  if (contents !== 'asks') return contents
  throw new AppError(
    'server_refused',
    `${name} has a question for you before it lets this be read, and I cannot pass it on from here. Open the resource and use _Ask about it_: then it asks you in the thread.`,
  )
}

/** Shows what was read in the thread: short text as text, everything else as files, which Slack shows as what they are. */
export async function postContents(deps: SlackDeps, stand: ThreadAnchor, contents: ResourceContent[]): Promise<void> {
  for (const content of contents) {
    const { text = '' } = content
    // Measured as it is written: signs that mean something to Slack take more.
    const short = text !== '' && escapeMrkdwn(text).length <= SHORT_TEXT_CHARS
    if (short) await postInThread(deps, stand.channel, stand.threadTs, contentMessage(text))
    else await sendFile(deps, stand, content)
  }
  if (contents.length === 0) await postInThread(deps, stand.channel, stand.threadTs, contentMessage('(empty)'))
}

async function sendFile(deps: SlackDeps, stand: ThreadAnchor, content: ResourceContent): Promise<void> {
  const file = contentFileOf(content)
  if (file.data.length > 0) await uploadFile(deps, stand, file)
  else await postInThread(deps, stand.channel, stand.threadTs, contentMessage('(empty)'))
}

/** A resource as a file. */
export function contentFileOf({ uri, mimeType, text, data }: ResourceContent): FileUpload {
  const type = mimeType ?? (text === undefined ? 'application/octet-stream' : 'text/plain')
  const bytes = text === undefined ? Buffer.from(data ?? '', 'base64') : Buffer.from(text, 'utf8')
  return { name: nameOf(uri, type), mimeType: type, data: bytes }
}

const EXTENSIONS: Record<string, string> = { plain: 'txt', jpeg: 'jpg', markdown: 'md', mpeg: 'mp3', gzip: 'gz' }

/** The last part of the address, with an ending that tells what it is. */
function nameOf(uri: string, mimeType: string): string {
  const last = uri.split(/[?#]/, 1)[0]?.split('/').filter(Boolean).at(-1) ?? 'resource'
  const name = last.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 100) || 'resource'
  if (/\.[A-Za-z0-9]{1,8}$/.test(name)) return name
  const kind = (mimeType.split('/')[1] ?? '').replace(/^x-|[+;].*$/g, '')
  if (!/^[a-z0-9]{1,12}$/.test(kind) || kind === 'octet') return mimeType.startsWith('text/') ? `${name}.txt` : name
  return `${name}.${EXTENSIONS[kind] ?? kind}`
}

/** A prompt's messages as words, each with who says it, and what is no text as files. */
export function promptPartsOf(messages: PromptMessage[]): {
  messages: { role: PromptMessage['role']; text: string }[]
  files: FileUpload[]
} {
  const said: { role: PromptMessage['role']; text: string }[] = []
  const files: FileUpload[] = []
  for (const { role, content } of messages) {
    const { text, file } = partOf(content)
    if (file !== undefined) files.push(file)
    const last = said.at(-1)
    if (last?.role === role) last.text = `${last.text}\n${text}`
    else said.push({ role, text })
  }
  return { messages: said, files }
}

function partOf(content: PromptMessage['content']): { text: string; file?: FileUpload } {
  switch (content.type) {
    case 'text':
      return { text: content.text }
    case 'link':
      return { text: `${content.name}: ${content.uri}` }
    case 'image':
    case 'audio': {
      const uri = content.type
      const file = contentFileOf({ type: 'resource', uri, mimeType: content.mimeType, data: content.data })
      return { text: `[${content.type}: the file ${file.name}]`, file }
    }
    case 'resource': {
      if (content.text !== undefined && content.text.length <= INLINE_CHARS)
        return { text: `<resource uri=${JSON.stringify(content.uri)}>\n${content.text}\n</resource>` }
      const file = contentFileOf(content)
      return { text: `[resource ${content.uri}: the file ${file.name}]`, file }
    }
    default:
      return content satisfies never
  }
}
