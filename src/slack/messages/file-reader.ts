import { z } from 'zod'
import { errorChainOf, errorMessageOf, isAppError } from '../../errors.ts'
import type { FileContent, ReadFile } from '../../run/deps.ts'
import type { AttachedFile, Origin } from '../../run/state/events.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { MAX_FILE_BYTES, readSlackFile, UnreadableFile } from '../files/file-content.ts'
import { SlackFile } from '../files/slack-file.ts'
import { postNotice } from '../interactions/post-in-thread.ts'
import type { DownloadFile } from '../web-api/download-file.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'

/** Holds the files of a few conversations: a run reads its files again in each turn. */
const CACHE_BYTES = 64 * 1024 * 1024

const Info = z.object({ file: SlackFile })

/** Reads attached files. For a file that cannot be read, the model gets the reason and the thread one message. */
export function createFileReader(
  deps: WebApiDeps & RunsDeps,
  download: DownloadFile,
  cache: FileCache = createFileCache(),
): ReadFile {
  return async (origin, attached, signal) => {
    const key = `${origin.workspace} ${attached.id}`
    const cached = cache.get(key)
    if (cached !== undefined) return cached
    let file = attached
    try {
      const { file: info } = await deps.webApi.call('files.info', { file: attached.id }, Info)
      const mimetype = info.mimetype ?? attached.mimeType
      file = { ...attached, name: info.name || info.title || attached.name, mimeType: mimetype }
      const known = { ...info, name: file.name, mimetype, size: info.size ?? attached.size }
      const content = await readSlackFile(known, (url) => download(url, MAX_FILE_BYTES, signal))
      const named = { ...content, name: file.name }
      cache.put(key, named)
      return named
    } catch (error) {
      if (signal.aborted) return { kind: 'unread', why: 'it was stopped' }
      const why = reasonOf(error)
      deps.log.info({ file: file.id, why: errorChainOf(error) }, 'attached file not read')
      await notifyUnread(deps, origin, `I could not read ${escapeMrkdwn(file.name)}: ${escapeMrkdwn(why)}.`, file)
      return { kind: 'unread', why, name: file.name }
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof UnreadableFile) return error.message
  if (isAppError(error, 'limit_reached')) return 'it is larger than the 10 MB I can take'
  const why = slackErrorCodeOf(error)
  if (why === 'file_deleted') return 'it was deleted from Slack'
  if (why === 'file_not_found')
    return 'it is gone from Slack, or in a conversation that I am not in; please upload a copy of it here'
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
