import { expect, test } from 'vitest'
import { startRawServer } from '../support/raw-server.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { offeredTools } from '../support/tool-lists.ts'
import { startWorld } from '../support/world.ts'

const LISTS = [
  'azure',
  'circleci',
  'everything',
  'filesystem',
  'hubspot',
  'kubernetes',
  'mongodb',
  'playwright',
  'sentry',
]

/** Large tools of real ones: each takes the inputs of as many as make some 3,000 characters. */
function realTools(count: number) {
  const real = offeredTools(...LISTS).filter(({ schema }) => JSON.stringify(schema).length > 300)
  const schemaAt = (at: number) => real[at % real.length]?.schema ?? {}
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => {
      const properties: Record<string, object> = {}
      for (let part = 0; JSON.stringify(properties).length < 2_800; part++)
        properties[`part${part}`] = schemaAt(at + part)
      const { name, description } = real[at % real.length] ?? { name: '', description: '' }
      return [
        `${name.slice(0, 40)}_${at}`,
        { definition: { description, inputSchema: { type: 'object', properties } }, answers: {} },
      ]
    }),
  )
}

test('341 tools of some 446,000 tokens: "hello" is answered, and what was left out is told', async () => {
  await using server = await startRawServer(realTools(341))
  await using world = await startWorld({
    model: [says('Hello to you.')],
    change: (settings) => ({
      ...settings,
      egressAllow: [server.host],
      model: { ...settings.model, name: 'claude-haiku-4-5' },
    }),
  })
  const member = world.as('member')
  await member.connect('custom', { url: server.url })
  const where = await member.dm('hello')
  await member.see(where, /Hello to you\./)
  await member.see(where, /could not have all of your tools.* Left out: \d+ of custom/i)
  const sent = world.model.requests.at(-1)?.tools ?? []
  expect(sent.length).toBeGreaterThan(0)
  expect(sent.length).toBeLessThan(341)
  expect(JSON.stringify(sent).length / 2.3).toBeLessThan(200_000)
})

test('a tool that was used has a place in the next conversation', async () => {
  const tools = realTools(341)
  const last = Object.keys(tools).at(-1) ?? ''
  await using server = await startRawServer(tools)
  await using world = await startWorld({
    model: [says('Hello.'), wishes(`custom__${last}`, {}), says('Done that.'), says('Hello again.')],
    change: (settings) => ({
      ...settings,
      egressAllow: [server.host],
      model: { ...settings.model, name: 'claude-haiku-4-5' },
    }),
  })
  const offered = () => (world.model.requests.at(-1)?.tools ?? []).map(({ name }) => name)
  const member = world.as('member')
  await member.connect('custom', { url: server.url })
  await member.see(await member.dm('hello'), /Hello\./)
  expect(offered()).not.toContain(`custom__${last}`)
  const where = await member.dm('hello')
  await member.decide(where, 'Approve')
  await member.see(where, /Done that\./)
  await member.see(await member.dm('hello'), /Hello again\./)
  expect(offered()).toContain(`custom__${last}`)
})
