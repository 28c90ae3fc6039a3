import { expect, test } from 'vitest'
import { decodeText } from '../../src/run/decode-text.ts'

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()
const words = 'Grüezi; 5,00 €\r\nNaïve café; 7\r\n'

test.each([
  ['UTF-8', Buffer.from(words), words],
  ['UTF-8 with its mark', Buffer.from(`\ufeff${words}`), words],
  ['UTF-16 LE with its mark', Buffer.from(`\ufeff${words}`, 'utf16le'), words],
  ['UTF-16 BE with its mark', utf16be(`\ufeff${words}`), words],
  ['UTF-16 LE', Buffer.from(words, 'utf16le'), words],
  ['UTF-16 BE', utf16be(words), words],
  ['Windows-1252', Buffer.from('Gr\xfcezi; 5,00 \x80\r\n', 'latin1'), 'Grüezi; 5,00 €\r\n'],
  ['Latin-1', Buffer.from('Caf\xe9;M\xfcller;\xc5ngstr\xf6m', 'latin1'), 'Café;Müller;Ångström'],
  ['emoji', Buffer.from('a 🦊'), 'a 🦊'],
  ['nothing', Buffer.alloc(0), ''],
])('%s loses nothing', (_encoding, bytes, text) => {
  expect(decodeText(bytes)).toBe(text)
})

test.each([
  ['a PDF', Buffer.from('%PDF-1.7\nplain')],
  ['a ZIP', Buffer.from('PK\u0003\u0004abc')],
  ['zeros on both sides', Buffer.from('a\0\0b')],
  ['an odd number of bytes with a zero', Buffer.from('a\0b')],
  ['control characters', Buffer.from('a\u0001\u0002b')],
  ['bytes beyond', Buffer.from([0xc3, 0x28, 0x90, 0xff])],
])('%s is no text', (_what, bytes) => {
  expect(decodeText(bytes)).toBeUndefined()
})
