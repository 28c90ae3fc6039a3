import { pipeline, type Readable, type Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { AppError } from '../errors.ts'

// Whether an answer came whole is HTTP's to say: some servers leave out the end of the compression.
const DECODERS = new Map<string, () => Transform>([
  ['gzip', () => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })],
  ['deflate', () => createInflate({ finishFlush: constants.Z_SYNC_FLUSH })],
  ['br', () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })],
  ['zstd', () => createZstdDecompress({ finishFlush: constants.ZSTD_e_flush })],
])

/**
 * A body as it was before its content codings (RFC 9110 section 8.4) were applied. We ask for none, but some servers compress
 * all the same. Throws `tool_failed` for a coding that is not known.
 */
export function decodeBody(body: Readable, encoding: string | null, host: string): Readable {
  const codings = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim().replace(/^x-/, ''))
    .filter((coding) => coding !== '' && coding !== 'identity')
  return codings.toReversed().reduce((encoded, coding) => {
    const decoder = DECODERS.get(coding)?.()
    if (decoder !== undefined) return pipeline(encoded, decoder, () => undefined)
    body.destroy()
    throw new AppError('tool_failed', `${host} packs its answers (${coding}) in a way that I cannot read.`)
  }, body)
}

/** Of a body that is not what its coding says: zlib's `Z_…`, `ERR_BROTLI…` and `ZSTD_…`. */
export const isDecodingError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^(?:Z_|ERR__ERROR_|ERR_BROTLI|ERR_ZSTD|ZSTD_)/.test(String(error.code))
