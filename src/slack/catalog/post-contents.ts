import type { PromptMessage, ResourceContent } from '../../connect/features/features.ts'
import { AppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { readByBytes, resultFilesOf } from '../../run/calls/read-by-bytes.ts'
import type { ResultPart } from '../../run/calls/result-texts.ts'
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
  const read = await Promise.all(contents.map((content) => readByBytes(content, RESOURCE)))
  for (const part of read.flat()) {
    const text = textIn(part)
    // Measured after escaping, which makes it longer.
    const short = text !== undefined && escapeMrkdwn(text).length <= SHORT_TEXT_CHARS
    if (short) await postInThread(deps, anchor.channel, anchor.threadTs, contentMessage(text || '(empty)'))
    else for (const file of filesOf(part)) await uploadFile(deps, anchor, file)
  }
  if (contents.length === 0) await postInThread(deps, anchor.channel, anchor.threadTs, contentMessage('(empty)'))
}

/** What a file without a name of its own is called. */
const RESOURCE = { tool: 'resource', arguments: {} }

const textIn = (part: ResultPart): string | undefined =>
  part.type === 'text' || part.type === 'resource' ? part.text : undefined

/** A resource as files; why it cannot be read is one, too. */
export async function contentFilesOf(content: ResourceContent): Promise<FileUpload[]> {
  const parts = await readByBytes(content, RESOURCE)
  return parts.flatMap(filesOf)
}

function filesOf(part: ResultPart): FileUpload[] {
  const file: ResultPart =
    part.type === 'text' ? { type: 'resource', uri: '', name: 'resource.txt', text: part.text } : part
  return resultFilesOf(file).map(({ data, ...named }) => ({ ...named, data: Buffer.from(data, 'base64') }))
}

/** A prompt's messages as texts with their roles, and everything that is no text as files. */
export async function promptPartsOf(messages: PromptMessage[]): Promise<{
  messages: { role: PromptMessage['role']; text: string }[]
  files: FileUpload[]
}> {
  const merged: { role: PromptMessage['role']; text: string }[] = []
  const files: FileUpload[] = []
  for (const { role, content } of messages) {
    const parts = await readByBytes(content, { tool: content.type, arguments: {} })
    const told = parts.map((part) => partOf(content, part))
    files.push(...told.flatMap((one) => one.files))
    const text = told.map((one) => one.text).join('\n')
    const last = merged.at(-1)
    if (last?.role === role) last.text = `${last.text}\n${text}`
    else merged.push({ role, text })
  }
  return { messages: merged, files }
}

/** A part of a prompt's message as it was read. */
function partOf({ type }: PromptMessage['content'], part: ResultPart): { text: string; files: FileUpload[] } {
  if (part.type === 'text') return { text: part.text, files: [] }
  if (part.type === 'link') return { text: `${part.name}: ${part.uri}`, files: [] }
  const uri = part.type === 'resource' ? part.uri : ''
  const text = textIn(part)
  if (text !== undefined && text.length <= INLINE_CHARS)
    return { text: `<resource uri=${JSON.stringify(uri)}>\n${text}\n</resource>`, files: [] }
  const files = filesOf(part)
  const names = files.map(({ name }) => name).join(', ')
  return { text: `[${[type, uri].filter(Boolean).join(' ')}: the file ${names}]`, files }
}
