import { expect, test } from 'vitest'
import type { ResourceContent } from '../../../src/connect/features/features.ts'
import { contentFilesOf, promptPartsOf } from '../../../src/slack/catalog/post-contents.ts'
import { png } from '../../support/pictures.ts'

const base64 = (bytes: Buffer) => bytes.toString('base64')
const resource = (given: Partial<ResourceContent>): ResourceContent => ({
  type: 'resource',
  uri: 'a://b/c.csv',
  ...given,
})

test.each<[string, ResourceContent, string, string]>([
  ['a text', resource({ text: 'a;b' }), 'c.csv', 'a;b'],
  ['a text as bytes', resource({ data: base64(Buffer.from('Gr\xfcezi', 'latin1')) }), 'c.csv', 'Grüezi'],
  ['a picture', resource({ mimeType: 'text/csv', data: base64(png()) }), 'c.png', png().toString()],
  ['a file read as Latin-1', resource({ text: 'PK\u0003\u0004\u0001\u0002' }), 'c.zip', 'PK\u0003\u0004\u0001\u0002'],
  [
    'a picture read as UTF-8',
    resource({ text: png(300, 300).toString() }),
    'resource.txt',
    `a://b/c.csv: Binary data (PNG, ${png().length} bytes) was sent as UTF-8, which destroyed it: it cannot be read or restored.\nA tool that returns files, pictures or base64 could send it whole.`,
  ],
])('a resource is the file its bytes are: %s', async (_what, content, name, text) => {
  const files = await contentFilesOf(content)
  expect(files.map((file) => [file.name, file.data.toString()])).toEqual([[name, text]])
})

test('nothing is no file', async () => {
  expect(await contentFilesOf(resource({ text: '' }))).toEqual([])
})

test('a prompt says what its parts are by their bytes', async () => {
  const role = 'user' as const
  const { messages, files } = await promptPartsOf([
    { role, content: { type: 'text', text: 'Look:' } },
    { role, content: { type: 'image', mimeType: 'image/jpeg', data: base64(png()) } },
    { role, content: resource({ data: base64(Buffer.from('a;b')) }) },
    { role, content: resource({ data: base64(Buffer.from('%PDF-1.7\n')) }) },
  ])
  expect(files.map(({ name }) => name)).toEqual(['image.png', 'c.pdf'])
  expect(messages).toEqual([
    {
      role,
      text: 'Look:\n[image: the file image.png]\n<resource uri="a://b/c.csv">\na;b\n</resource>\n[resource a://b/c.csv: the file c.pdf]',
    },
  ])
})
