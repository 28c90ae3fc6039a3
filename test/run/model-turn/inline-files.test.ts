import { expect, test } from 'vitest'
import type { Message } from '../../../src/model/turn.ts'
import type { FileContent } from '../../../src/run/deps.ts'
import { inlineFiles } from '../../../src/run/model-turn/ask-model.ts'
import type { AttachedFile } from '../../../src/run/state/events.ts'
import { stateOf } from '../../slack/states.ts'

const asked = (...ids: string[]): Message => ({
  role: 'user',
  content: [
    { type: 'text', text: 'look' },
    ...ids.map((id) => ({ type: 'file' as const, id, name: `${id}.png`, mimeType: 'image/png', size: 1 })),
  ],
})
const answered: Message = { role: 'assistant', content: [{ type: 'text', text: 'Seen.' }] }

/** What became of each file, in order. */
async function fates(messages: Message[], content: (file: AttachedFile) => FileContent): Promise<string[]> {
  const read: string[] = []
  const readFile = async (_origin: unknown, file: AttachedFile) => {
    read.push(file.id)
    return content(file)
  }
  const filled = await inlineFiles({ readFile }, stateOf([]).origin, messages, new AbortController().signal)
  expect(filled.map(({ role }) => role)).toEqual(messages.map(({ role }) => role))
  const parts: Message['content'][number][] = []
  for (const { content: shown } of filled) parts.push(...shown)
  expect(parts.some((part) => part.type === 'file')).toBe(false)
  return parts.flatMap((part) => {
    if (part.type === 'image') return [part.data.slice(0, 4)]
    return part.type === 'text' && part.text.includes('cannot see it') ? [part.text] : []
  })
}

test('the newest files have room first; of the others it is said', async () => {
  const big = (file: AttachedFile): FileContent => ({
    kind: 'image',
    mimeType: 'image/png',
    data: file.id + 'x'.repeat(9_000_000),
  })
  const found = await fates([asked('old1', 'old2'), answered, asked('new1')], big)
  expect(found).toEqual(['old1', expect.stringContaining('no room for it'), 'new1'])
})

test('twenty files are shown again, older ones are named', async () => {
  const small = (file: AttachedFile): FileContent => ({ kind: 'image', mimeType: 'image/png', data: file.id })
  const many = (prefix: string) => Array.from({ length: 12 }, (_, at) => `${prefix}${String(at).padStart(2, '0')}`)
  const found = await fates([asked(...many('aa')), answered, asked(...many('bb'))], small)
  expect(found.filter((fate) => fate.startsWith('bb'))).toHaveLength(12)
  expect(found.filter((fate) => fate.startsWith('aa'))).toHaveLength(8)
  expect(found.filter((fate) => fate.includes('too many files'))).toHaveLength(4)
})

test('a conversation without files is left as it is', async () => {
  expect(await fates([asked(), answered, asked()], () => ({ kind: 'text', text: '' }))).toEqual([])
})
