import { expect, test } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { says, together, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const answerOf = (chars: number): string =>
  Array.from({ length: Math.ceil(chars / 50) }, (_, line) =>
    `Line ${String(line).padStart(5, '0')} of a long answer, some words.`.padEnd(49),
  )
    .join('\n')
    .slice(0, chars)
const Blocks = z.array(z.looseObject({ type: z.string(), text: z.unknown().optional() }))

/** The words of an answer as people read them in Slack: those of the blocks, or the text where there are none. */
function wordsOf(message: { text: string; blocks?: unknown }): string {
  const blocks = Blocks.safeParse(message.blocks).data ?? []
  const words = blocks.flatMap(({ type, text }) => (type === 'markdown' && typeof text === 'string' ? [text] : []))
  return blocks.length === 0 ? message.text : words.join('\n')
}

const WITHOUT_STREAMS = [{ method: 'chat.startStream', error: 'unknown_method', times: 50 }]
const REFUSED_BLOCKS = [{ method: 'chat.update', error: 'invalid_blocks', times: 1 }]

test.each([
  ['3,900 characters', 3_900, []],
  ['6,000 characters', 6_000, []],
  ['26,000 characters', 26_000, []],
  ['6,000 characters without streams', 6_000, WITHOUT_STREAMS],
  ['26,000 characters without streams', 26_000, WITHOUT_STREAMS],
  ['8,000 characters, whose blocks are refused once', 8_000, [...WITHOUT_STREAMS, ...REFUSED_BLOCKS]],
])('an answer of %s ends whole, without a Stop button', async (_, chars, faults) => {
  const answer = answerOf(chars)
  await using world = await startWorld({ model: [says(answer)] })
  const member = world.as('member')
  for (const fault of faults) await member.post('faults', fault)
  const where = await member.dm('tell me everything')
  await eventually(async () => {
    const messages = await member.messages(where.channel, where.thread)
    const told = messages.slice(1).map(wordsOf).join('\n')
    for (const line of answer.split('\n')) expect(told).toContain(line.trim())
    expect(JSON.stringify(messages)).not.toContain('"Stop"')
  })
})

test('many steps and a long answer are cut into messages that Slack takes', async () => {
  const answer = answerOf(10_500)
  const steps = Array.from({ length: 20 }, () => wishes('filesystem__list_directory', { path: '.' }))
  await using world = await startWorld({ model: [together(...steps), says(answer)] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('look twenty times')
  await eventually(async () => {
    const messages = await member.messages(where.channel, where.thread)
    const told = messages.map(wordsOf).join('\n')
    for (const line of answer.split('\n')) expect(told).toContain(line.trim())
    expect(JSON.stringify(messages)).not.toContain('"Stop"')
  })
})
