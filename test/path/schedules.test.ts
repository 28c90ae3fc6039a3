import { expect, test } from 'vitest'
import { connectPostgres } from '../../src/db/postgres.ts'
import { ChannelId, type Principal, UserId, WorkspaceId } from '../../src/ids.ts'
import type { TriggerDefinition } from '../../src/triggers/trigger.ts'
import { createTriggers } from '../../src/triggers/triggers.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/log.ts'
import { says } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const MEMBER: Principal = { workspace: WorkspaceId.parse('TLOCAL01'), user: UserId.parse('UMEMBER1') }

/** What a form will do: the rows of a running world, without an instance of its own. */
function editorOf(databaseUrl: string) {
  const { log } = memoryLog()
  const db = connectPostgres(databaseUrl, log)
  const never = async () => {
    throw new Error('the world has its own instance')
  }
  const triggers = createTriggers({ db, log, start: never, tell: never })
  return { ...triggers, [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() }
}

const soon = (place: TriggerDefinition['place'], text = 'count the tables'): TriggerDefinition => ({
  kind: 'schedule',
  title: 'Tables & views',
  spec: { repeats: 'once', moment: new Date(Date.now() + 1_000).toISOString(), zone: 'Europe/Berlin' },
  starts: { kind: 'request', text },
  place,
})

test('a schedule runs as its owner, in a thread of its own where it should answer', { timeout: 60_000 }, async () => {
  await using world = await startWorld({ model: [says('There are three.'), says('There are four.')] })
  await using editor = editorOf(world.databaseUrl)
  const member = world.as('member')
  await editor.create(MEMBER, soon({ kind: 'dm' }))
  const anchor = await eventually(async () => {
    const found = (await member.messages('dm')).find(({ text }) => text.includes('Tables'))
    expect(found).toBeDefined()
    return found
  }, 30_000)
  expect(anchor?.text).toBe(':alarm_clock: *Tables &amp; views*')
  expect(JSON.stringify(anchor?.blocks)).toContain('Europe/Berlin')
  await eventually(async () =>
    expect(JSON.stringify(await member.messages('dm', anchor?.ts))).toContain('There are three.'),
  )
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('count the tables')
  await eventually(async () => {
    const [listed] = await editor.of(MEMBER)
    expect(listed).toMatchObject({ runs: 1, last: { state: 'ended', outcome: 'finished' } })
  })

  const ops = ChannelId.parse('COPS00001')
  await editor.create(MEMBER, soon({ kind: 'channel', channel: ops }))
  await eventually(async () => {
    const found = (await member.messages('ops')).find(({ text }) => text.includes('Tables'))
    expect(JSON.stringify(found?.blocks)).toContain('for <@UMEMBER1>')
    expect(JSON.stringify(await member.messages('ops', found?.ts))).toContain('There are four.')
  }, 30_000)
})

test('a schedule of somebody who left pauses, and runs nothing', { timeout: 60_000 }, async () => {
  await using world = await startWorld()
  await using editor = editorOf(world.databaseUrl)
  const dana = { ...MEMBER, user: UserId.parse('UDANADEP1') }
  await editor.create(dana, soon({ kind: 'dm' }))
  await eventually(async () => {
    const [listed] = await editor.of(dana)
    expect(listed).toMatchObject({ enabled: false, runs: 0, last: { why: 'refused' } })
    expect(listed?.pausedWhy).toContain('deactivated')
  }, 30_000)
  expect(world.model.requests).toEqual([])
})

test('a channel that takes nothing any more pauses the schedule, and its owner is told', {
  timeout: 60_000,
}, async () => {
  await using world = await startWorld()
  await using editor = editorOf(world.databaseUrl)
  const member = world.as('member')
  await member.post('archive', { channel: 'ops', as: undefined })
  await editor.create(MEMBER, soon({ kind: 'channel', channel: ChannelId.parse('COPS00001') }))
  await eventually(async () => {
    const told = (await member.messages('dm')).map(({ text }) => text).join('\n')
    expect(told).toContain('“Tables &amp; views” is paused: I cannot post any more where it should answer.')
  }, 30_000)
  expect(await editor.of(MEMBER)).toMatchObject([{ enabled: false, runs: 0 }])
})
