import { expect, test } from 'vitest'
import { decodeText } from '../../../src/run/files/decode-text.ts'
import { createRandom } from '../../support/seeded-random.ts'

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

const bytesOf = (latin1: string) => Buffer.from(latin1, 'latin1')
const hex = (digits: string) => Buffer.from(digits, 'hex')

test.each([
  ['Russian in Windows-1251', hex('cff0e8e2e5f22c20ece8f02120c8f2eee3ee3a20352e'), 'Привет, мир! Итого: 5.'],
  ['Russian in KOI8-R', hex('f0d2c9d7c5d42c20cdc9d221'), 'Привет, мир!'],
  ['Russian of DOS', hex('8fe0a8a2a5e22c20aca8e021'), 'Привет, мир!'],
  ['Polish in Windows-1250', bytesOf('Za\xbf\xf3\xb3\xe6 g\xea\x9cl\xb9 ja\x9f\xf1'), 'Zażółć gęślą jaźń'],
  ['Polish in ISO-8859-2', bytesOf('Za\xbf\xf3\xb3\xe6 g\xea\xb6l\xb1 ja\xbc\xf1'), 'Zażółć gęślą jaźń'],
  ['Czech in Windows-1250', bytesOf('Ji\xf8\xed;Plze\xf2;\x8eofie;D\xec\xe8\xedn'), 'Jiří;Plzeň;Žofie;Děčín'],
  ['Hungarian in Windows-1250', bytesOf('\xc1rp\xe1d;Gy\xf5r;P\xe9cs'), 'Árpád;Győr;Pécs'],
  ['a euro in ISO-8859-15', bytesOf('Prix: 5 \xa4 pour les \xe9l\xe8ves'), 'Prix: 5 € pour les élèves'],
  ['a euro in Windows-1252', bytesOf('M\xfcller;5 \x80'), 'Müller;5 €'],
  ['German of an old Mac', bytesOf('M\x9fller;K\x9aln;Gro\xa7'), 'Müller;Köln;Groß'],
  ['Spanish in Latin-1', bytesOf('A\xf1o;Pe\xf1a;2020'), 'Año;Peña;2020'],
  ['French in Latin-1', bytesOf('Cr\xe8me br\xfbl\xe9e \xe0 la carte'), 'Crème brûlée à la carte'],
  [
    'Turkish in Windows-1254',
    bytesOf('\xddsim;\xdeehir\nO\xf0uz;I\xf0d\xfdr\nAy\xfee;Mu\xf0la\nG\xf6k\xe7e;\xde\xfdrnak'),
    'İsim;Şehir\nOğuz;Iğdır\nAyşe;Muğla\nGökçe;Şırnak',
  ],
  [
    'Japanese in Shift-JIS',
    hex('82b182f182c982bf82cd90a28a4581428c8e82cc95f18d908f9182c582b78142'),
    'こんにちは世界。月の報告書です。',
  ],
  [
    'Chinese in GBK',
    hex('c4e3bac3a3accac0bde7a1a3d5e2cac7c8fdd4c2b7ddb5c4cffacadbb1a8b8e6a1a3'),
    '你好，世界。这是三月份的销售报告。',
  ],
  [
    'Korean in EUC-KR',
    hex('bec8b3e7c7cfbcbcbfe42e20c0ccb0cdc0ba20bbefbff9c0c720c6c7b8c520bab8b0edbcadc0d4b4cfb4d92e'),
    '안녕하세요. 이것은 삼월의 판매 보고서입니다.',
  ],
  [
    'what XML says of itself',
    bytesOf('<?xml version="1.0" encoding="windows-1250"?><a>Plze\xf2</a>'),
    '<?xml version="1.0" encoding="windows-1250"?><a>Plzeň</a>',
  ],
  [
    'Chinese in UTF-16 with letters that end with a zero',
    Buffer.from('一 and 一, 第一 line\n', 'utf16le'),
    '一 and 一, 第一 line\n',
  ],
  ['Japanese of old mail', bytesOf('1;\x1b$B8l\x1b(B;2'), '1;語;2'],
  ['degrees in Latin-1', bytesOf('Temp;20\xb0C;5 \xb0F'), 'Temp;20°C;5 °F'],
  ['the Ctrl-Z of old tools', bytesOf('a;b\r\n\x1a'), 'a;b\r\n'],
])('%s loses nothing', (_encoding, bytes, text) => {
  expect(decodeText(bytes)).toBe(text)
})

test.each([
  ['one word that is Czech or Italian', bytesOf('Plze\xf2')],
  ['a few Chinese names', hex('d5c5ceb02c33360d0ac0eec4c82c34310d0a')],
  ['Hebrew', hex('f9ece5ed20f2e5ece52e')],
])('a guess that may be wrong is none: %s', (_what, bytes) => {
  expect(decodeText(bytes)).toBeUndefined()
})

test('bytes at random are never called a text', () => {
  const random = createRandom(1)
  const texts = Array.from({ length: 500 }, () =>
    decodeText(Buffer.from(Array.from({ length: 80 }, () => 0x20 + random.below(0xe0)))),
  )
  expect(texts.filter((text) => text !== undefined)).toEqual([])
})

test('a long text is read however little of it is beyond ASCII', () => {
  const text = `Caf\xe9\n${'a'.repeat(1_000_000)}`
  expect(decodeText(bytesOf(text)) === text).toBe(true)
})
