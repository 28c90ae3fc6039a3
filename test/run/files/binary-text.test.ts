import { expect, test } from 'vitest'
import { readBinaryText } from '../../../src/run/files/binary-text.ts'
import { png } from '../../support/pictures.ts'
import { createRandom } from '../../support/seeded-random.ts'

const bytesOf = (latin1: string) => Buffer.from(latin1, 'latin1')
const random = createRandom(7)
const noise = (size: number) => Buffer.from(Array.from({ length: size }, () => random.below(256)))
const after = (start: Buffer) => Buffer.concat([start, noise(2_000)])

const FILES: [string, Buffer, RegExp][] = [
  ['a PDF', after(bytesOf('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n')), /PDF, 2 KB/],
  ['a picture', after(png()), /PNG, 2 KB/],
  ['a photo', after(bytesOf('\xff\xd8\xff\xe0\0\x10JFIF\0')), /JPG, 2 KB/],
  ['a HEIC picture', after(bytesOf('\0\0\0\x18ftypheic\0\0\0\0mif1heic')), /HEIC, 2 KB/],
  ['a Word document', after(bytesOf('PK\x03\x04\x14\0word/document.xml')), /DOCX, 2 KB/],
  ['a database', after(bytesOf('SQLite format 3\0\x10\0\x01\x01')), /SQLITE, 2 KB/],
  ['what nobody knows', after(bytesOf('\x07\x06\x05')), /of an unknown kind, 2 KB/],
]

test.each(FILES)('%s read as UTF-8 is lost, and that is said', async (_what, bytes, words) => {
  const read = await readBinaryText(bytes.toString('utf8'))
  expect(read).toEqual({ kind: 'damaged', words: expect.stringMatching(words) })
  expect(JSON.stringify(read)).not.toContain('\ufffd')
})

test.each(FILES)('%s read as Latin-1 is whole', async (_what, bytes) => {
  expect(await readBinaryText(bytes.toString('latin1'))).toEqual({ kind: 'binary', bytes })
  expect(await readBinaryText(new TextDecoder('windows-1252').decode(bytes))).toEqual({ kind: 'binary', bytes })
})

test('a PDF of ASCII alone is whole', async () => {
  const bytes = bytesOf('%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n')
  expect(await readBinaryText(bytes.toString())).toEqual({ kind: 'binary', bytes })
})

const utf16 = Buffer.from('\ufeffPlan;5\r\nGo;7', 'utf16le')

test.each([
  ['UTF-16 read as Latin-1', utf16.toString('latin1'), 'Plan;5\r\nGo;7'],
  ['UTF-16 read as UTF-8', utf16.toString('utf8'), 'Plan;5\r\nGo;7'],
  ['UTF-16 without its mark', utf16.subarray(2).toString('utf8'), 'Plan;5\r\nGo;7'],
  ['UTF-8 read as Latin-1', Buffer.from('It’s “new” — 5 €').toString('latin1'), 'It’s “new” — 5 €'],
])('%s is read as it was meant', async (_what, text, meant) => {
  expect(await readBinaryText(text)).toEqual({ kind: 'text', text: meant })
})

test('letters of which most are lost are no text', async () => {
  const russian = Buffer.from('cff0e8e2e5f22c20ece8f02120c8f2eee3ee3a20352e', 'hex').toString('utf8')
  expect(await readBinaryText(russian)).toEqual({ kind: 'damaged', words: expect.stringContaining('another encoding') })
})

test.each([
  ['words', 'Grüezi, 你好 🦊'],
  ['nothing', ''],
  ['colours of a terminal', '\u001b[31mred\u001b[0m'],
  ['names parted by NUL', 'a.txt\0b.txt\0'],
  ['a log with a bell', `${'line\n'.repeat(50)}\u0007`],
  ['one lost letter', 'Gr\ufffdezi mitenand'],
  ['a text about PDFs', '%PDF-1.7 is how a PDF begins.'],
])('%s are text as it should be', async (_what, text) => {
  expect(await readBinaryText(text)).toBeUndefined()
})
