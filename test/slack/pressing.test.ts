import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type SeenMessage } from '../support/person.ts'
import { connectionOf } from './fakes.ts'
import { type Stage, startStage } from './stage.ts'

const inDm = (stage: Stage, what: RegExp): Promise<SeenMessage> =>
  eventually(async () => {
    const found = (await stage.as('member').messages('dm')).findLast((one) => what.test(lookOf(one)))
    if (found === undefined) throw new Error(`nothing like ${what}`)
    return found
  })
const inModal = (stage: Stage, what: RegExp) =>
  eventually(async () => expect(JSON.stringify(await stage.as('member').modal())).toMatch(what))

test('"Keep it" keeps the connection', async () => {
  await using stage = await startStage({ connections: [connectionOf()] })
  const member = stage.as('member')
  await member.command('disconnect filesystem')
  const asked = await inDm(stage, /This cannot be undone/)
  await member.press({ channel: 'dm' }, asked.ts, 'Keep it')
  await inDm(stage, /filesystem stays connected/)
  expect(stage.connecting.rows).toHaveLength(1)
})

test('Enter in the search of tools searches', async () => {
  const tools = Array.from({ length: 12 }, (_, at) => ({ name: `tool_${at}`, description: '', inputSchema: {} }))
  await using stage = await startStage({ connections: [connectionOf({ tools })] })
  const member = stage.as('member')
  await member.command('tools filesystem')
  const shown = await inDm(stage, /page 1 of 2/)
  await member.press({ channel: 'dm' }, shown.ts, 'Search')
  await inModal(stage, /Press Enter to search/)
  await member.pressInModal('tools_words', 'tool_7')
  await inModal(stage, /1 tool of filesystem matching/)
})

test('a request that failed is asked again, with its files, once however often it is pressed', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  const data = Buffer.from('x').toString('base64')
  const sent = await member.post('upload', { channel: 'dm', text: 'read it', files: [{ name: 'a.txt', data }] })
  const run = await stage.next()
  run.emit({ type: 'failed', code: 'model_failed', message: 'It broke.' })
  await run.settle()
  const told = await member.see({ channel: 'dm', thread: String(sent.ts) }, /It broke/)
  await member.press({ channel: 'dm' }, told.ts, 'Try again')
  await member.press({ channel: 'dm' }, told.ts, 'Try again')
  const again = await stage.next()
  expect(again.request).toMatchObject({ text: 'read it', files: [{ name: 'a.txt', mimeType: 'text/plain', size: 1 }] })
  await member.see({ channel: 'dm', thread: String(sent.ts) }, /I am on it already/)
})
