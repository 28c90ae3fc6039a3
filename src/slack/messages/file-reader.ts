import { z } from 'zod'
import { errorChainOf, errorMessageOf, isAppError } from '../../errors.ts'
import type { AttachedFile, FileContent, ReadFile } from '../../run/state/attached-file.ts'
import type { Origin } from '../../run/state/origin.ts'
import { sectionBlock } from '../blocks/blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import type { DownloadFile } from '../web-api/download-file.ts'
import { AnyResponse, slackErrorCodeOf } from '../web-api/web-api.ts'
import { decodeText, fileTypeOf } from './file-type.ts'

const MOST_BYTES = 10 * 1024 * 1024
/** Claude takes images of 5 MB, counted as base64 (docs.claude.com, vision); a larger one is shown as Slack's smaller picture of it. */
const MOST_IMAGE_BYTES = 3_900_000
/** Some 15,000 tokens; more is better fetched piece by piece with a tool. */
const MOST_TEXT_CHARS = 60_000
/** The files of a few conversations; a run asks for its files again at each turn. */
const KEPT_BYTES = 64 * 1024 * 1024

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

/** Why a file was not read. */
class Unread extends Error {}

/** Reads what people send along. What cannot be read is said to the model by what is returned, and to the person here, once. */
export function createFileReader(
  deps: SlackDeps,
  download: DownloadFile,
  kept: FileCache = createFileCache(),
): ReadFile {
  return async (origin, file, signal) => {
    const key = `${origin.workspace} ${file.id}`
    const known = kept.get(key)
    if (known !== undefined) return known
    try {
      const content = await read(deps, download, file, signal)
      kept.put(key, content)
      return content
    } catch (error) {
      if (signal.aborted) return { kind: 'unread', why: 'it was stopped' }
      const why = wordsOf(error)
      deps.log.info({ file: file.id, why: errorChainOf(error) }, 'attached file not read')
      await tell(deps, origin, `I could not read ${escapeMrkdwn(file.name)}: ${why}.`, file)
      return { kind: 'unread', why }
    }
  }
}

async function read(
  deps: SlackDeps,
  download: DownloadFile,
  file: AttachedFile,
  signal: AbortSignal,
): Promise<FileContent> {
  const kind = fileTypeOf(file)
  if (kind === 'other') throw new Unread('I can only read text, images (PNG, JPEG, GIF, WebP) and PDFs')
  const { file: info } = await deps.webApi.call('files.info', { file: file.id }, Info)
  const { url, type: given } = sourceOf(info, kind === 'image', file)
  const { bytes, type } = await download(url, MOST_BYTES, signal)
  // Without the scope, Slack answers with its sign-in page.
  if (type.startsWith('text/html') && !/html/.test(`${file.mimeType} ${file.name}`))
    throw new Unread(
      'Slack did not hand it over; whoever runs Patchbay should check that the app has the scope files:read',
    )
  if (kind !== 'text') {
    const data = bytes.toString('base64')
    return kind === 'pdf' ? { kind, data } : { kind, mimeType: given, data }
  }
  const text = decodeText(bytes)
  if (text === undefined) throw new Unread('it does not look like text')
  return { kind, text: cut(text) }
}

type Source = { url: string; type: string }

function sourceOf(info: Info, image: boolean, { mimeType, size }: AttachedFile): Source {
  const bytes = info.size ?? size
  if (image && bytes > MOST_IMAGE_BYTES) return smaller(info)
  const url = info.url_private_download ?? info.url_private
  if (bytes > MOST_BYTES) throw new Unread('it is larger than the 10 MB I can take')
  if (url === undefined) throw new Unread('it is gone from Slack')
  return { url, type: mimeType }
}

function smaller({ thumb_1024, thumb_960 }: Info): Source {
  const url = thumb_1024 ?? thumb_960
  if (url === undefined) throw new Unread('it is larger than the 4 MB I can take of an image')
  return { url, type: /\.png(?:$|\?)/.test(url) ? 'image/png' : 'image/jpeg' }
}

const cut = (text: string): string =>
  text.length <= MOST_TEXT_CHARS
    ? text
    : `${text.slice(0, MOST_TEXT_CHARS)}\n[Cut: these are the first ${MOST_TEXT_CHARS} of ${text.length} characters. Tell the person.]`

function wordsOf(error: unknown): string {
  if (error instanceof Unread) return error.message
  if (isAppError(error, 'limit_reached')) return 'it is larger than the 10 MB I can take'
  const why = slackErrorCodeOf(error)
  if (why === 'file_not_found' || why === 'file_deleted') return 'it is gone from Slack'
  if (why === 'missing_scope')
    return 'the app lacks the scope files:read; whoever runs Patchbay should add it and reinstall the app'
  return errorMessageOf(error).replace(/\.$/, '')
}

/** Never throws: the model says it as well. */
async function tell({ webApi, log, runs }: SlackDeps, origin: Origin, text: string, file: AttachedFile): Promise<void> {
  const { channel, threadTs: thread_ts, user } = origin
  try {
    if (await runs.seen(`unread:${channel}:${thread_ts}:${file.id}`)) return
    await webApi.call(
      'chat.postEphemeral',
      { channel, thread_ts, user, text, blocks: [sectionBlock(text)] },
      AnyResponse,
      0,
    )
  } catch (error) {
    log.warn({ why: errorChainOf(error) }, 'could not say that a file was not read')
  }
}

function sizeOf(content: FileContent): number {
  if (content.kind === 'unread') return 0
  return content.kind === 'text' ? content.text.length : content.data.length
}

export type FileCache = { get(key: string): FileContent | undefined; put(key: string, content: FileContent): void }

/** The latest contents, up to a size that all workspaces share. */
export function createFileCache(): FileCache {
  const kept = new Map<string, FileContent>()
  let size = 0
  return {
    get: (id) => kept.get(id),
    put(id, content) {
      kept.set(id, content)
      size += sizeOf(content)
      for (const [oldest, old] of kept) {
        if (size <= KEPT_BYTES || oldest === id) break
        kept.delete(oldest)
        size -= sizeOf(old)
      }
    },
  }
}
