import { expect, test } from 'vitest'
import type { Message } from '../../src/model/turn.ts'
import { toMessages } from '../../src/model/wire.ts'
import { png } from '../support/pictures.ts'

const MEGABYTE = 1_000_000
const picture = (mark: number, bytes = 0) => ({
  mimeType: 'image/png',
  data: Buffer.concat([png(mark, 3_000), Buffer.alloc(bytes)]).toString('base64'),
})
const sent = (mark: number): Message => ({ role: 'user', content: [{ type: 'image', ...picture(mark) }] })
const given = (...images: ReturnType<typeof picture>[]): Message => ({
  role: 'user',
  content: [{ type: 'tool_result', id: 'a', text: 'shot', isError: false, images }],
})
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

/** For each picture whether it is shown, oldest first. */
function shownOf(messages: Message[]): boolean[] {
  const wired = JSON.stringify(toMessages(messages, { thinking: true, pictures: true }))
  return [...wired.matchAll(/"media_type":"image|\[A picture is left out here/g)].map(([found]) =>
    found.startsWith('"'),
  )
}

test.each([
  [20, 0],
  [21, 5],
  [25, 5],
  [26, 10],
  [60, 40],
])('of %i pictures the oldest %i are left out', (count, left) => {
  const results = shownOf(numbers(count).map((mark) => given(picture(mark))))
  expect(results).toEqual(numbers(count).map((at) => at > left))
  const mixed = shownOf([...numbers(count - 2).map(sent), given(picture(99), picture(100))])
  expect(mixed).toEqual(results)
})

test('pictures that nobody could see take no place', () => {
  const broken = { mimeType: 'image/png', data: 'AAAA' }
  expect(shownOf([...numbers(20).map(sent), given(broken, broken)])).toEqual([
    ...numbers(20).map(() => true),
    ...[false, false],
  ])
})

test('a request stays below its size: the newest have room first, beside the documents', () => {
  const large = numbers(8).map((mark) => given(picture(mark, 3 * MEGABYTE)))
  expect(shownOf(large)).toEqual(numbers(8).map((at) => at > 2))
  const data = Buffer.concat([Buffer.from('%PDF-1.7'), Buffer.alloc(9 * MEGABYTE)]).toString('base64')
  const document: Message = { role: 'user', content: [{ type: 'document', name: 'a.pdf', data }] }
  expect(shownOf([document, ...large])).toEqual(numbers(8).map((at) => at > 5))
})

test('what is left out is said', () => {
  const wired = JSON.stringify(toMessages(numbers(21).map(sent), { thinking: true, pictures: true }))
  expect(wired).toContain('you cannot see it: only the newest 20 pictures')
})
