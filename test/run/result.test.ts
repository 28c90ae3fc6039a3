import { expect, test } from 'vitest'
import { shapeResult } from '../../src/run/result.ts'

test('a short text is what the model reads', () => {
  expect(shapeResult('read', [{ type: 'text', text: 'hello\nworld' }], undefined)).toEqual({
    text: 'hello\nworld',
    images: [],
    files: [],
    summary: 'hello',
  })
})

test('a long text becomes a file; the model gets its beginning and is told', () => {
  const whole = 'line of text\n'.repeat(5_000)
  const shaped = shapeResult('read.file', [{ type: 'text', text: whole }], undefined)
  expect(shaped.text.length).toBeLessThan(5_000)
  expect(shaped.text).toContain('only the beginning')
  expect(shaped.files).toMatchObject([{ name: 'read-file.txt', mimeType: 'text/plain' }])
  expect(Buffer.from(shaped.files[0]?.data ?? '', 'base64').toString()).toBe(whole)
})

test('images and binary resources are files, never text', () => {
  const data = Buffer.from('pixels').toString('base64')
  const shaped = shapeResult(
    'draw',
    [
      { type: 'image', mimeType: 'image/png', data },
      { type: 'resource', uri: 'file:///a/report.pdf', mimeType: 'application/pdf', data },
    ],
    undefined,
  )
  expect(shaped.files.map((file) => file.name)).toEqual(['image.png', 'report.pdf'])
  expect(shaped.images).toEqual([{ mimeType: 'image/png', data }])
  expect(shaped.text).not.toContain(data)
})

test('what is too large to keep is said, not dropped in silence', () => {
  const data = 'A'.repeat(9_000_000)
  const shaped = shapeResult('draw', [{ type: 'image', mimeType: 'image/png', data }], undefined)
  expect(shaped.files).toEqual([])
  expect(shaped.text).toContain('too large')
})

test('structured content alone is still a result, and none at all is said', () => {
  expect(shapeResult('count', [], { n: 3 }).text).toBe('{"n":3}')
  expect(shapeResult('count', [], undefined)).toMatchObject({ text: '(no output)', summary: 'done' })
})

test.each([
  ['{"success":true,"data":{"rows":[1,2,3],"count":3}}', '3 rows'],
  ['[{"a":1}]', '1 entry'],
  ['{"ok":true}', 'done'],
  ['[FILE] hello.txt', '[FILE] hello.txt'],
])('people do not get JSON in a task line: %s is "%s"', (text, summary) => {
  expect(shapeResult('t', [{ type: 'text', text }], undefined).summary).toBe(summary)
})
