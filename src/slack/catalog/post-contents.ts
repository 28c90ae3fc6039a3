import type { PromptMessage, ResourceContent } from '../../connect/features/features.ts'
import { AppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, WebApiDeps } from '../deps.ts'
import { type FileUpload, postInThread, type ThreadAnchor, uploadFile } from '../interactions/post-in-thread.ts'
import { contentMessage } from './resources-list.ts'

/** Longer texts are posted as files. */
const SHORT_TEXT_CHARS = 2_500
/** Embedded texts up to this length are part of the request itself. */
const INLINE_CHARS = 12_000

/** The contents of a resource. Throws AppError `server_refused` if its server elicits input first, which needs a run. */
export async function readContents(
  { features }: ConnectionDeps,
  by: Principal,
  { id, name }: Pick<Connection, 'id' | 'name'>,
  uri: string,
): Promise<ResourceContent[]> {
  const contents = await features.read(by, id, uri)
  if (contents !== 'asks') return contents
  throw new AppError(
    'server_refused',
    `${name} has a question for you before it lets this be read, and I cannot pass it on from here. Open the resource and use _Ask about it_: then it asks you in the thread.`,
  )
}

/** Posts contents to the thread: short text as a message, everything else as files. */
export async function postContents(deps: WebApiDeps, anchor: ThreadAnchor, contents: ResourceContent[]): Promise<void> {
  for (const content of contents) {
    const { text = '' } = content
    // Measured after escaping, which makes it longer.
    const short = text !== '' && escapeMrkdwn(text).length <= SHORT_TEXT_CHARS
    if (short) await postInThread(deps, anchor.channel, anchor.threadTs, contentMessage(text))
    else await postFile(deps, anchor, content)
  }
  if (contents.length === 0) await postInThread(deps, anchor.channel, anchor.threadTs, contentMessage('(empty)'))
}

async function postFile(deps: WebApiDeps, anchor: ThreadAnchor, content: ResourceContent): Promise<void> {
  const file = contentFileOf(content)
  if (file.data.length > 0) await uploadFile(deps, anchor, file)
  else await postInThread(deps, anchor.channel, anchor.threadTs, contentMessage('(empty)'))
}

/** A resource as a file. */
export function contentFileOf({ uri, mimeType, text, data }: ResourceContent): FileUpload {
  const type = mimeType ?? (text === undefined ? 'application/octet-stream' : 'text/plain')
  const bytes = text === undefined ? Buffer.from(data ?? '', 'base64') : Buffer.from(text, 'utf8')
  return { name: fileNameOf(uri, type), mimeType: type, data: bytes }
}

const EXTENSIONS: Record<string, string> = { plain: 'txt', jpeg: 'jpg', markdown: 'md', mpeg: 'mp3', gzip: 'gz' }

/** The last segment of the URI, with the extension of its type. */
function fileNameOf(uri: string, mimeType: string): string {
  const last = uri.split(/[?#]/, 1)[0]?.split('/').filter(Boolean).at(-1) ?? 'resource'
  const name = last.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 100) || 'resource'
  if (/\.[A-Za-z0-9]{1,8}$/.test(name)) return name
  const kind = (mimeType.split('/')[1] ?? '').replace(/^x-|[+;].*$/g, '')
  if (!/^[a-z0-9]{1,12}$/.test(kind) || kind === 'octet') return mimeType.startsWith('text/') ? `${name}.txt` : name
  return `${name}.${EXTENSIONS[kind] ?? kind}`
}

/** A prompt's messages as texts with their roles, and everything that is no text as files. */
export function promptPartsOf(messages: PromptMessage[]): {
  messages: { role: PromptMessage['role']; text: string }[]
  files: FileUpload[]
} {
  const merged: { role: PromptMessage['role']; text: string }[] = []
  const files: FileUpload[] = []
  for (const { role, content } of messages) {
    const { text, file } = partOf(content)
    if (file !== undefined) files.push(file)
    const last = merged.at(-1)
    if (last?.role === role) last.text = `${last.text}\n${text}`
    else merged.push({ role, text })
  }
  return { messages: merged, files }
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
