import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { createErrorAfterRemoving, type MessagePlace } from './post-message.ts'
import { AnyResponse, type WebApi } from './web-api.ts'

const Uploaded = z.object({
  files: z
    .array(z.object({ files: z.array(z.object({ id: z.string() })).optional(), id: z.string().optional() }))
    .optional(),
})

const Share = z.looseObject({ thread_ts: z.string().nullish() })
const Shares = z.record(z.string(), z.array(Share)).nullish()
const Info = z.object({
  file: z.object({ shares: z.object({ public: Shares, private: Shares }).partial().nullish() }).nullish(),
})

/** Slack posts an uploaded file a moment after it has answered; what takes longer than these together is not waited for. */
const LOOK_AFTER_MS = [80, 150, 300, 600, 1_200]

/**
 * Uploads a file to a channel or thread, and resolves to its id where Slack names one. A file that Slack posted elsewhere, as the thread
 * is gone, is deleted at once. Throws AppError `slack_failed`.
 */
export async function postFile(
  { webApi, log }: { webApi: WebApi; log: Log },
  { channel, thread }: MessagePlace,
  { name, data }: { name: string; data: Buffer },
): Promise<string | undefined> {
  const place = { channel_id: channel, ...(thread !== undefined && { thread_ts: thread }) }
  const request = { ...place, file: data, filename: name, title: name }
  const { files = [] } = await webApi.call('files.uploadV2', request, Uploaded)
  const id = files[0]?.files?.[0]?.id ?? files[0]?.id
  if (id === undefined || thread === undefined) return id
  const shares = await sharesOf({ webApi, log }, id, channel)
  if (shares.every(({ thread_ts }) => thread_ts === thread)) return id
  throw await createErrorAfterRemoving(() => webApi.call('files.delete', { file: id }, AnyResponse))
}

/** The messages that show the file in the channel; none where Slack does not say. */
async function sharesOf(deps: { webApi: WebApi; log: Log }, file: string, channel: string) {
  for (const waitMs of LOOK_AFTER_MS) {
    await sleep(waitMs)
    const info = await infoOf(deps, file)
    if (info === undefined) return []
    const shares = [...(info.shares?.public?.[channel] ?? []), ...(info.shares?.private?.[channel] ?? [])]
    if (shares.length > 0) return shares
  }
  deps.log.warn({ file }, 'Slack does not say where it posted a file')
  return []
}

async function infoOf({ webApi, log }: { webApi: WebApi; log: Log }, file: string) {
  try {
    return (await webApi.call('files.info', { file }, Info)).file ?? undefined
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    log.warn({ file, why: errorChainOf(error) }, 'place of a file not known')
    return undefined
  }
}
