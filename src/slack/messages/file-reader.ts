import { z } from 'zod'
import { errorChainOf, errorMessageOf, isAppError } from '../../errors.ts'
import type { FileContent, ReadFile } from '../../run/deps.ts'
import { decodeText, mayBeText } from '../../run/files/decode-text.ts'
import { isTextName } from '../../run/files/file-ending.ts'
import { fileTypeIn } from '../../run/files/file-type.ts'
import type { AttachedFile, Origin } from '../../run/state/events.ts'
import { headOf } from '../../text.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { postNotice } from '../interactions/post-in-thread.ts'
import type { DownloadFile } from '../web-api/download-file.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'

const MAX_FILE_BYTES = 10 * 1024 * 1024

/** Claude takes images of 5 MB, counted as base64 (docs.claude.com, vision); of a larger one, Slack's thumbnail is read. */
const MAX_IMAGE_BYTES = 3_900_000

/** About 15,000 tokens; longer texts are better read in parts with a tool. */
const MAX_TEXT_CHARS = 60_000

/** Holds the files of a few conversations: a run reads its files again in each turn. */
const CACHE_BYTES = 64 * 1024 * 1024

const Info = z.object({
  file: z.object({
    url_private: z.string().optional(),
    url_private_download: z.string().optional(),
    thumb_1024: z.string().optional(),
    thumb_960: z.string().optional(),
    size: z.number().optional(),
  }),
})
type Info = z.infer<typeof Info>['file']

/** A file that cannot be read; the message says why. */
class UnreadableFile extends Error {}

/** Reads attached files. For a file that cannot be read, the model gets the reason and the thread one message. */
export function createFileReader(
  deps: WebApiDeps & RunsDeps,
  download: DownloadFile,
  cache: FileCache = createFileCache(),
): ReadFile {
  return async (origin, file, signal) => {
    const key = `${origin.workspace} ${file.id}`
    const cached = cache.get(key)
    if (cached !== undefined) return cached
    try {
      const content = await readContent(deps, download, file, signal)
      cache.put(key, content)
      return content
    } catch (error) {
      if (signal.aborted) return { kind: 'unread', why: 'it was stopped' }
      const why = reasonOf(error)
      deps.log.info({ file: file.id, why: errorChainOf(error) }, 'attached file not read')
      await notifyUnread(deps, origin, `I could not read ${escapeMrkdwn(file.name)}: ${why}.`, file)
      return { kind: 'unread', why }
    }
  }
}

async function readContent(
  deps: WebApiDeps,
  download: DownloadFile,
  file: AttachedFile,
  signal: AbortSignal,
): Promise<FileContent> {
  if (!isWorthReading(file)) throw new UnreadableFile(READABLE)
  const { file: info } = await deps.webApi.call('files.info', { file: file.id }, Info)
  const url = info.thumb_1024 ?? info.thumb_960
  const thumbnail = url === undefined ? undefined : () => download(url, MAX_FILE_BYTES, signal)
  const isLarge = (info.size ?? file.size) > MAX_IMAGE_BYTES
  const { bytes, type } = await (isLarge && thumbnail
    ? thumbnail()
    : download(urlOf(info, file), MAX_FILE_BYTES, signal))
  // Without the scope, Slack answers with its sign-in page.
  if (type.startsWith('text/html') && !/html/.test(`${file.mimeType} ${file.name}`))
    throw new UnreadableFile(
      'Slack did not hand it over; whoever runs Patchbay should check that the app has the scope files:read',
    )
  if (bytes.length === 0) throw new UnreadableFile('it is empty')
  return (await contentIn(bytes)) ?? (await contentOfPicture(bytes, thumbnail))
}

function urlOf(info: Info, file: AttachedFile): string {
  if ((info.size ?? file.size) > MAX_FILE_BYTES) throw new UnreadableFile('it is larger than the 10 MB I can take')
  const url = info.url_private_download ?? info.url_private
  if (url === undefined) throw new UnreadableFile('it is gone from Slack')
  return url
}

/** What the bytes are, whatever the name says; undefined where that is nothing the model can take. */
async function contentIn(bytes: Buffer): Promise<FileContent | undefined> {
  const text = decodeText(bytes)
  if (text !== undefined) return { kind: 'text', text: readableTextOf(text) }
  const type = await fileTypeIn(bytes)
  if (type !== undefined && IMAGES.has(type.extension))
    return bytes.length > MAX_IMAGE_BYTES
      ? undefined
      : { kind: 'image', mimeType: type.mimeType, data: bytes.toString('base64') }
  // Other bytes may stand before the mark (ISO 32000, annex H.3.4.1).
  const isPdf = bytes.subarray(0, PDF_MARK_BYTES).includes('%PDF-')
  return isPdf ? { kind: 'pdf', data: bytes.toString('base64') } : undefined
}

const PDF_MARK_BYTES = 1_024
const IMAGES = new Set(['png', 'apng', 'jpg', 'gif', 'webp'])

/** A picture that is too large or of another format can be seen as Slack's thumbnail. */
async function contentOfPicture(
  bytes: Buffer,
  thumbnail: (() => ReturnType<DownloadFile>) | undefined,
): Promise<FileContent> {
  const type = await fileTypeIn(bytes)
  const isPicture = type?.mimeType.startsWith('image/') === true
  const content = isPicture && thumbnail ? await contentIn((await thumbnail()).bytes) : undefined
  if (content !== undefined) return content
  if (type === undefined)
    throw new UnreadableFile(
      mayBeText(bytes)
        ? 'I cannot tell how its letters are encoded; please save it as UTF-8 and send it again'
        : 'it does not look like text',
    )
  throw new UnreadableFile(
    IMAGES.has(type.extension)
      ? 'it is larger than the 4 MB I can take of an image'
      : `it is of the type ${type.extension.toUpperCase()}, and ${READABLE}`,
  )
}

const readableTextOf = (text: string): string =>
  text.length <= MAX_TEXT_CHARS
    ? text
    : `${headOf(text, MAX_TEXT_CHARS)}\n[Cut: these are the first ${MAX_TEXT_CHARS} of ${text.length} characters. Tell the person.]`

function reasonOf(error: unknown): string {
  if (error instanceof UnreadableFile) return error.message
  if (isAppError(error, 'limit_reached')) return 'it is larger than the 10 MB I can take'
  const why = slackErrorCodeOf(error)
  if (why === 'file_not_found' || why === 'file_deleted') return 'it is gone from Slack'
  if (why === 'missing_scope')
    return 'the app lacks the scope files:read; whoever runs Patchbay should add it and reinstall the app'
  return errorMessageOf(error).replace(/\.$/, '')
}

/** Never throws: the model has the reason, too. */
async function notifyUnread(deps: WebApiDeps & RunsDeps, origin: Origin, text: string, file: AttachedFile) {
  const { channel, threadTs: thread } = origin
  try {
    if (await deps.runs.seen(`unread:${channel}:${thread}:${file.id}`)) return
  } catch (error) {
    return deps.log.warn({ why: errorChainOf(error) }, 'notice of an unread file not posted')
  }
  await postNotice(deps, { channel, thread }, text)
}

function sizeOf(content: FileContent): number {
  if (content.kind === 'unread') return 0
  return content.kind === 'text' ? content.text.length : content.data.length
}

export type FileCache = { get(key: string): FileContent | undefined; put(key: string, content: FileContent): void }

/** A cache of the latest contents, with one size limit for all workspaces. */
export function createFileCache(): FileCache {
  const cache = new Map<string, FileContent>()
  let size = 0
  return {
    get: (id) => cache.get(id),
    put(id, content) {
      cache.set(id, content)
      size += sizeOf(content)
      for (const [oldest, old] of cache) {
        if (size <= CACHE_BYTES || oldest === id) break
        cache.delete(oldest)
        size -= sizeOf(old)
      }
    },
  }
}

const READABLE = 'I can only read text, images (PNG, JPEG, GIF, WebP) and PDFs'

/** What Slack says of a file only spares the download of films and songs; `.ts` is a film's ending as well. */
export const isWorthReading = ({ name, mimeType }: AttachedFile): boolean =>
  !/^(?:audio|video|font)\//i.test(mimeType) || isTextName(name)
