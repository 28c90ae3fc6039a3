import { describe, expect, test } from 'vitest'
import { headOf, removeInvisible, revealInvisible, truncate, withoutInvisibleEnd } from '../src/text.ts'

const FAMILY = '👩‍👩‍👧'

describe('the head of a text', () => {
  test.each<[string, string, number, string]>([
    ['a short text', 'abc', 3, 'abc'],
    ['plain letters', 'abcdef', 3, 'abc'],
    ['an emoji at the cut', 'ab😀cd', 3, 'ab'],
    ['emoji joined to one', `ab${FAMILY}cd`, 5, 'ab'],
    ['a letter and its accent', 'cafe\u0301 au lait', 4, 'caf'],
    ['a flag', 'a🇮🇹b', 3, 'a'],
    ['a line break of two characters', 'ab\r\ncd', 3, 'ab'],
    ['one long grapheme', `e${'\u0301'.repeat(90)}`, 10, `e${'\u0301'.repeat(9)}`],
    ['an emoji too long for the whole head', FAMILY, 1, ''],
  ])('%s', (_name, text, max, head) => {
    expect(headOf(text, max)).toBe(head)
  })

  test('is well formed and within its limit wherever it is cut', () => {
    const text = `${FAMILY} ab 😀😀 🇮🇹🇫🇷 e\u0301 `.repeat(20)
    for (let max = 1; max < text.length; max += 1) {
      const head = headOf(text, max)
      expect(head.isWellFormed() && head.length <= max && text.startsWith(head)).toBe(true)
      expect(truncate(text, max).length).toBeLessThanOrEqual(max)
    }
  })
})

test('a truncated text ends after a whole word or grapheme', () => {
  expect(truncate('one two three four', 12)).toBe('one two…')
  expect(truncate(`${'x'.repeat(40)}${FAMILY}${'x'.repeat(40)}`, 45)).toBe(`${'x'.repeat(40)}…`)
  expect(truncate('a', 1)).toBe('a')
  expect(truncate('ab', 1)).toBe('…')
})

test.each([
  ['turned round', 'invoice\u202etxt.exe', 'invoice\\u{202e}txt.exe'],
  ['an isolate', 'a\u2066b\u2069', 'a\\u{2066}b\\u{2069}'],
  ['a mark of direction', 'a\u200e\u200f\u061c', 'a\\u{200e}\\u{200f}\\u{61c}'],
  ['nothing between letters', 'pay\u200bpal \u2060a\ufeffb', 'pay\\u{200b}pal \\u{2060}a\\u{feff}b'],
  ['a soft hyphen', 'a\u00adb', 'a\\u{ad}b'],
  ['joiners between Latin letters', 'a\u200db\u200cc', 'a\\u{200d}b\\u{200c}c'],
  ['letters that are blank', '\u3164\u115f\u1160\uffa0\u2800', '\\u{3164}\\u{115f}\\u{1160}\\u{ffa0}\\u{2800}'],
  ['blanks after braille', '⠓⠊⠀⠀⠀', '⠓⠊⠀\\u{2800}\\u{2800}'],
  ['joiners after joiners', 'می\u200c\u200c\u200c x', 'می\u200c\\u{200c}\\u{200c} x'],
  ['marks without a shape', 'a\u034f\u17b4', 'a\\u{34f}\\u{17b4}'],
  ['separators', 'a\u2028b\u2029c', 'a\\u{2028}b\\u{2029}c'],
  ['controls', 'a\u0000\u001b[31m\rb', 'a\\u{0}\\u{1b}[31m\\u{d}b'],
  ['private use and unassigned', '\ue000\u{10ffff}\u0378', '\\u{e000}\\u{10ffff}\\u{378}'],
  ['words in tags', 'x\u{e0068}\u{e0069}', 'x\\u{e0068}\\u{e0069}'],
  ['words in selectors', 'x\ufe01\u{e0110} 😀\ufe0f\ufe0f\ufe0e', 'x\\u{fe01}\\u{e0110} 😀\ufe0f\\u{fe0f}\\u{fe0e}'],
  ['a flag that is none', '🏴\u{e0067}\u{e0062}', '🏴\\u{e0067}\\u{e0062}'],
])('%s is spelled out', (_what, text, shown) => {
  expect(revealInvisible(text)).toBe(shown)
})

test.each([
  ['a family', '👨‍👩‍👧‍👦'],
  ['skins and hair', '👩🏽‍🦰 🧑🏿‍💻 🏃‍♀️‍➡️'],
  ['an eye in a bubble', '👁️‍🗨️ ❤️‍🔥 ☎︎'],
  ['keys', '1️⃣ #️⃣'],
  ['flags', '🇨🇭 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏳️‍🌈'],
  ['Persian', 'می‌خواهم'],
  ['Persian beside Latin letters', 'PDF\u200cها'],
  ['Persian beside numbers', '5\u200cم ۵\u200cم'],
  ['a Persian word that ends there', 'می\u200c خواهم'],
  ['Hindi and Marathi', 'क्‍ष र्‍य'],
  ['Malayalam', 'ന്‍'],
  ['Sinhala', 'ශ්‍රී'],
  ['Khmer', 'ភាសា\u200bខ្មែរ'],
  ['Mongolian', 'ᠪᠠᠢᠢᠨ\u180eᠠ ᠠ\u180b'],
  ['a Japanese name', '葛\u{e0100}城'],
  ['Arabic numbers', '\u0600١٢'],
  ['braille', '⠓⠊⠀⠽⠕⠥'],
  ['braille with its spaces', '⠀⠀⠓⠊⠀⠀⠽⠕⠥⠀'],
  ['lines', 'a\nb\tc\r\nd'],
  ['other spaces', 'a\u00a0b\u3000c'],
])('what %s is made of stays', (_what, text) => {
  expect(revealInvisible(text)).toBe(text)
  expect(removeInvisible(text)).toBe(text)
})

test.each([
  ['nothing between letters', 'ab\u200b\u2060', 'ab'],
  ['tags', '🏴\u{e0067}\u{e0062}', '🏴'],
  ['half a pair', 'a\udf00\u200b', 'a\udf00'],
  ['a joiner that parts two', 'a\u200d👧', 'a\u200d👧'],
  ['nothing else', '\u200b'.repeat(3), ''],
])('a growing text ends before %s', (_what, text, shown) => {
  expect(withoutInvisibleEnd(text)).toBe(shown)
})
