import { AppError } from '../../errors.ts'

/** A file's bytes and what the server says they are. Throws AppError `slack_failed`, `limit_reached` or `cancelled`. */
export type DownloadFile = (
  url: string,
  maxBytes: number,
  signal: AbortSignal,
) => Promise<{ bytes: Buffer; type: string }>

/** A file of 10 MB takes a second or two. */
const TIMEOUT_MS = 30_000

/**
 * Reads files of Slack with the app's token (docs.slack.dev/reference/objects/file-object). The token goes to Slack alone: an
 * address elsewhere is refused, and a redirect is not followed.
 */
export function createDownloadFile(settings: { token(): Promise<string>; apiUrl: string }): DownloadFile {
  const api = new URL(settings.apiUrl)
  return async (address, maxBytes, signal) => {
    const url = new URL(address)
    if (!isSlackUrl(url, api)) throw new AppError('slack_failed', 'It is not stored in Slack. Please upload it here.')
    const headers = { authorization: `Bearer ${await settings.token()}` }
    const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    try {
      const response = await fetch(url, { headers, redirect: 'error', signal: within })
      if (!response.ok)
        throw new AppError(
          'slack_failed',
          `Slack did not hand over the file (${response.status}). Please upload it again.`,
        )
      return { bytes: await read(response, maxBytes), type: response.headers.get('content-type') ?? '' }
    } catch (error) {
      throw error instanceof AppError ? error : downloadError(signal, error)
    }
  }
}

const downloadError = (signal: AbortSignal, cause: unknown): AppError =>
  signal.aborted
    ? new AppError('cancelled', 'Stopped.', { cause })
    : new AppError('slack_failed', 'Slack could not be reached. Please upload it again.', { cause })

const isSlackUrl = (url: URL, api: URL): boolean =>
  url.origin === api.origin ||
  (url.protocol === 'https:' && /(?:^|\.)slack(?:-files|-edge|-gov)?\.com$/.test(url.hostname))

async function read(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new AppError('limit_reached', 'The file is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
