import { LATEST_PROTOCOL_VERSION, SdkHttpError, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/client'
import { AppError } from '../../errors.ts'

/** What the SDK says of a server that answers with a revision of its own. */
const UNKNOWN_VERSION = /protocol version is not supported: ?(\S*)/
const SPEAKS_OF_VERSION = /protocol.?version/i

/**
 * What to offer a server that refuses our revision instead of answering with its own (MCP 2025-11-25, basic/lifecycle): what it
 * names, else each older one. Each begins with the revision to offer; none where the error is about something else.
 */
export function olderVersionsFor(error: unknown): string[][] {
  const words = wordsOf(error)
  if (UNKNOWN_VERSION.test(words) || !SPEAKS_OF_VERSION.test(words)) return []
  const older = SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version !== LATEST_PROTOCOL_VERSION)
  const named = older.filter((version) => words.includes(version))
  return (named.length > 0 ? named : older).map((version) => [
    version,
    ...SUPPORTED_PROTOCOL_VERSIONS.filter((other) => other !== version),
  ])
}

/** The sentence for a server that speaks a revision nobody knows; undefined for other errors. */
export function createUnknownVersionError(title: string, error: unknown): AppError | undefined {
  const [, version] = UNKNOWN_VERSION.exec(wordsOf(error)) ?? []
  if (version === undefined) return undefined
  const named = /^[\w.-]{1,20}$/.test(version) ? ` (${version})` : ''
  return new AppError(
    'server_refused',
    `${title} speaks a version of MCP that Patchbay does not know${named}. Ask whoever runs it for an update.`,
    { cause: error },
  )
}

/** Of an error that the SDK threw, with what the server sent along. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const data = 'data' in error && !(error instanceof SdkHttpError) ? JSON.stringify(error.data ?? '') : ''
  return `${error.message} ${data}`
}
