import type { Egress } from '../../../egress/egress.ts'
import { AppError } from '../../../errors.ts'
import { readAuthAnswer } from './read-auth-answer.ts'

// Metadata and tokens are a few kilobytes at most; a person waits for each.
const ANSWER_MS = 15_000
const MAX_CHARS = 512 * 1024

/** egress/'s fetch for sign-ins: the whole answer within 15 s, and no more of it than any honest one has. */
export function createAuthFetch(egress: Pick<Egress, 'fetch'>, signal?: AbortSignal): typeof fetch {
  return async (input, init) => {
    const late = AbortSignal.timeout(ANSWER_MS)
    const signals = [late, signal, init?.signal].filter((one) => one instanceof AbortSignal)
    const host = hostOf(input)
    try {
      const response = await egress.fetch(input, { ...init, signal: AbortSignal.any(signals) })
      const text = await shortText(response, host)
      const { status, statusText, headers } = response
      const empty = status === 204 || status === 304
      const sound = empty ? null : readAuthAnswer(text, response.ok, { url: urlOf(input), body: init?.body })
      return new Response(sound, { status, statusText, headers })
    } catch (error) {
      if (late.aborted) throw tooLate(host, error)
      throw error
    }
  }
}

function tooLate(host: string, cause: unknown): AppError {
  return new AppError('server_unreachable', `${host} did not answer within ${ANSWER_MS / 1000} s. Try again later.`, {
    cause,
  })
}

async function shortText(response: Response, host: string): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_CHARS)
      throw new AppError('server_refused', `${host} sent more than a sign-in could need. Tell whoever runs it.`)
  }
  return text + decoder.decode()
}

const urlOf = (input: string | URL | Request): string => (input instanceof Request ? input.url : String(input))

function hostOf(input: string | URL | Request): string {
  const url = urlOf(input)
  return URL.canParse(url) ? new URL(url).host : 'The sign-in service'
}
