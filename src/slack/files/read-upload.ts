import { z } from 'zod'
import { errorChainOf, errorMessageOf, isAppError } from '../../errors.ts'
import { decodeText } from '../../run/files/decode-text.ts'
import { fieldStateIn, type ModalState } from '../blocks/modal-fields.ts'
import type { DownloadDeps, WebApiDeps } from '../deps.ts'
import { reasonElsewhereOf, reasonWithheldOf, SlackFile } from './slack-file.ts'

const Files = z.array(z.looseObject({ id: z.string() }))

/** The file that was chosen in a form's field `file`. */
export const chosenFileIn = (values: ModalState): string | undefined =>
  Files.safeParse(fieldStateIn(values, 'file')?.files).data?.[0]?.id

/** Longer than Slack takes for 5 MB. */
const READ_TIMEOUT_MS = 30_000

const Info = z.object({ file: SlackFile })

/** `tooLarge`: what to tell of a file above `most` bytes. */
export type UploadLimit = { most: number; tooLarge: string }

/** The text of an uploaded file, or why it cannot be read. Never throws. */
export async function readUpload(
  deps: Pick<WebApiDeps, 'webApi' | 'log'> & DownloadDeps,
  id: string,
  limit: UploadLimit,
): Promise<{ text: string } | { problem: string }> {
  try {
    return await readText(deps, id, limit)
  } catch (error) {
    deps.log.info({ file: id, why: errorChainOf(error) }, 'uploaded file not read')
    return { problem: isAppError(error, 'limit_reached') ? limit.tooLarge : errorMessageOf(error) }
  }
}

async function readText(
  { webApi, downloadFile }: Pick<WebApiDeps, 'webApi'> & DownloadDeps,
  id: string,
  { most, tooLarge }: UploadLimit,
): Promise<{ text: string } | { problem: string }> {
  const { file } = await webApi.call('files.info', { file: id }, Info)
  const why = reasonWithheldOf(file) ?? reasonElsewhereOf(file)
  if (why !== undefined) return { problem: `I cannot read this file: ${why}.` }
  const url = file.url_private_download ?? file.url_private
  if (url === undefined) return { problem: 'This file is gone from Slack. Upload it again.' }
  if ((file.size ?? 0) > most) return { problem: tooLarge }
  const { bytes } = await downloadFile(url, most, AbortSignal.timeout(READ_TIMEOUT_MS))
  const text = decodeText(bytes)
  return text === undefined ? { problem: 'This file is no text.' } : { text }
}
