import { z } from 'zod'
import { LIMITS } from '../../../src/block-kit/limits.ts'
import { EmulatorError } from '../../errors.ts'
import { createFileRecord } from '../../web-api/methods/files.ts'
import type { Json, StoredFile } from '../../workspace/records.ts'
import type { EmulatorParts } from '../emulator-parts.ts'
import { checkThread, findInChannel } from '../find.ts'
import { FileForm, formFields } from './file-forms.ts'
import { contentOf } from './say.ts'

/** Slack accepts 1 GB; this much fits into memory. */
const MAX_BYTES = 64 * 1024 * 1024
/** docs.slack.dev/messaging/working-with-files: ten at a time in the client, more over the API. */
const MAX_FILES = 30

const One = FileForm.extend({
  name: z.string().min(1).max(255),
  mimeType: z.string().optional(),
  /** base64 */
  data: z.base64().default(''),
})
const Upload = z.object({
  as: z.string(),
  channel: z.string(),
  text: z.string().max(LIMITS.message.textMax).default(''),
  thread_ts: z.string().optional(),
  files: z.array(One).min(1).max(MAX_FILES),
})

type Sent = { name: string; mimeType: string | undefined; bytes: Buffer; form: FileForm }

/** POST /local/upload: a person sends a message with files, as a form with file fields or as JSON with base64. */
export async function uploadFiles(parts: EmulatorParts, input: Record<string, unknown>): Promise<Json> {
  const given = await asJson(input)
  const parsed = Upload.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new EmulatorError('input_invalid', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`)
  }
  const { as, channel: name, text, thread_ts } = parsed.data
  const { person, channel } = findInChannel(parts, as, name)
  if (thread_ts !== undefined) checkThread(parts, channel, thread_ts)
  const sent = parsed.data.files.map((file) => ({
    name: file.name,
    mimeType: file.mimeType,
    bytes: Buffer.from(file.data, 'base64'),
    form: file,
  }))
  if (sent.some(({ bytes }) => bytes.length > MAX_BYTES))
    throw new EmulatorError('conflict', 'a file is larger than 64 MB')
  const files = sent.map((file) => keep(parts, file, { user: person.id, channels: [channel.id] }))
  const said = parts.workspace.post({
    channel: channel.id,
    user: person.id,
    subtype: 'file_share',
    ...contentOf(parts, person, { text, blocks: undefined, me: false }),
    files: files.map((file) => file.id),
    ...(thread_ts === undefined ? {} : { thread_ts }),
  })
  return { ok: true, channel: channel.id, ts: said.ts, files: files.map((file) => file.id) }
}

/** Turns a form's file fields, or the single file of the short form, into the list of the long form. */
async function asJson(input: Record<string, unknown>): Promise<Record<string, unknown>> {
  const formFiles = Object.values(input).filter((value) => value instanceof File)
  const sent = await Promise.all(formFiles.map(fromForm))
  const { name, mimeType, data, ...rest } = input
  if (sent.length > 0) return { ...rest, files: sent }
  return data === undefined ? rest : { ...rest, files: [{ name, mimeType, data }] }
}

const fromForm = async (file: File) => ({
  name: file.name,
  // Forms send this type for files they do not recognize.
  mimeType: file.type === 'application/octet-stream' ? undefined : file.type || undefined,
  data: Buffer.from(await file.arrayBuffer()).toString('base64'),
})

function keep(
  parts: EmulatorParts,
  { name, mimeType, bytes, form }: Sent,
  by: Pick<StoredFile, 'user' | 'channels'>,
): StoredFile {
  const made = createFileRecord(name, bytes.length, parts.workspace.now())
  const known = { ...made, ...by, mimetype: mimeType ?? made.mimetype, uploaded: true, complete: true }
  const file = { ...known, ...formFields(parts, form, by) }
  parts.fileContents.put(file.id, bytes)
  parts.workspace.files.put(file.id, file)
  return file
}
