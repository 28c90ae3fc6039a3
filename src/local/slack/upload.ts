import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { AppError } from '../../errors.ts'
import { newFile } from './api/files.ts'
import { richText, withIds } from './blocks.ts'
import type { Stage } from './payloads.ts'
import type { Json, StoredFile } from './records.ts'
import { checkThread, inChannel } from './scene.ts'
import { encodeWords } from './words.ts'

/** Slack takes files of 1 GB; nobody needs that here. */
const MAX_BYTES = 64 * 1024 * 1024
/** docs.slack.dev/messaging/working-with-files: ten at a time in the client, more over the API. */
const MAX_FILES = 30

const One = z.object({
  name: z.string().min(1).max(255),
  mimeType: z.string().optional(),
  /** base64 */
  data: z.base64(),
})
const Upload = z.object({
  as: z.string(),
  channel: z.string(),
  text: z.string().max(LIMITS.message.textMax).default(''),
  thread_ts: z.string().optional(),
  files: z.array(One).min(1).max(MAX_FILES),
})

type Sent = { name: string; mimeType: string | undefined; bytes: Buffer }

/** POST /local/upload: a person sends a message with files, as a form with file fields or as JSON with base64. */
export async function upload(stage: Stage, input: Record<string, unknown>): Promise<Json> {
  const given = await asJson(input)
  const parsed = Upload.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new AppError('input_invalid', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`)
  }
  const { as, channel: name, text, thread_ts } = parsed.data
  const { person, channel } = inChannel(stage, as, name)
  if (thread_ts !== undefined) checkThread(stage, channel, thread_ts)
  const sent = parsed.data.files.map((file) => ({
    name: file.name,
    mimeType: file.mimeType,
    bytes: Buffer.from(file.data, 'base64'),
  }))
  if (sent.some(({ bytes }) => bytes.length > MAX_BYTES)) throw new AppError('conflict', 'a file is larger than 64 MB')
  const files = sent.map((file) => keep(stage, file, { user: person.id, channels: [channel.id] }))
  const words = encodeWords(text)
  const said = stage.workspace.post({
    channel: channel.id,
    user: person.id,
    subtype: 'file_share',
    text: words,
    files: files.map((file) => file.id),
    ...(words === '' ? {} : { blocks: withIds([richText(words)]) }),
    ...(thread_ts === undefined ? {} : { thread_ts }),
  })
  return { ok: true, channel: channel.id, ts: said.ts, files: files.map((file) => file.id) }
}

/** A form's file fields, and the one file of the short form, as the list of the long form. */
async function asJson(input: Record<string, unknown>): Promise<Record<string, unknown>> {
  const blobs = Object.values(input).filter((value) => value instanceof File)
  const sent = await Promise.all(blobs.map(fromForm))
  const { name, mimeType, data, ...rest } = input
  if (sent.length > 0) return { ...rest, files: sent }
  return data === undefined ? rest : { ...rest, files: [{ name, mimeType, data }] }
}

const fromForm = async (file: File) => ({
  name: file.name,
  // What a form says of a file whose kind it does not know.
  mimeType: file.type === 'application/octet-stream' ? undefined : file.type || undefined,
  data: Buffer.from(await file.arrayBuffer()).toString('base64'),
})

function keep(stage: Stage, { name, mimeType, bytes }: Sent, by: Pick<StoredFile, 'user' | 'channels'>): StoredFile {
  const made = newFile(name, bytes.length, stage.workspace.now())
  const file = { ...made, ...by, mimetype: mimeType ?? made.mimetype, uploaded: true, complete: true }
  stage.blobs.put(file.id, bytes)
  stage.workspace.files.put(file.id, file)
  return file
}
