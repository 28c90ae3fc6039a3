import { expect, it } from 'vitest'
import { parseLooseJson } from '../../../src/mcp/protocol/loose-json.ts'
import { decodeDataUrl } from '../../../src/run/files/encoded-files.ts'
import { decodeLegacy } from '../../../src/run/files/guess-encoding.ts'

const MANY = 500_000

it('an address without data is read in time', () => {
  expect(decodeDataUrl(`data:${'a'.repeat(MANY)}`)).toBeUndefined()
})

it('a long line before one of another encoding is read in time', () => {
  expect(decodeLegacy(Buffer.from(`${'a'.repeat(MANY)}\ncaf\xe9`, 'latin1'))).toMatch(/café$/)
})

it('texts that never end are refused in time', () => {
  expect(() => parseLooseJson(`"${'\\"'.repeat(MANY)}`)).toThrow(SyntaxError)
})
