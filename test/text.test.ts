import { describe, expect, test } from 'vitest'
import { headOf, truncate } from '../src/text.ts'

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
