import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { says } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

const envelope = (more: object) => JSON.stringify({ envelope_id: 'e1', ...more })

test('nothing that arrives on a socket ends the process, and work goes on', async () => {
  await using world = await startWorld({ mode: 'socket', model: [says('Here I am.')] })
  const member = world.as('member')
  const frames = [
    envelope({
      type: 'events_api',
      payload: { type: 'app_rate_limited', team_id: 'TLOCAL01', minute_rate_limited: 1 },
    }),
    envelope({ type: 'events_api', payload: null }),
    envelope({ type: 'events_api' }),
    envelope({ type: 'events_api', payload: { event: { type: 'error' } } }),
    envelope({ type: 'events_api', payload: { event: { type: 'ws_message' } } }),
    envelope({ type: 'events_api', payload: { event: { type: 'message' }, authorizations: 'none' } }),
    envelope({ type: 'interactive', payload: null }),
    envelope({ type: 'slash_commands', payload: 'nothing' }),
    envelope({ type: 'ws_message' }),
    envelope({ type: 'error' }),
    envelope({ type: 'something_new', payload: {} }),
    JSON.stringify({ type: 'events_api' }),
    'null',
    '7',
    '[]',
    '{"type":',
    '',
  ]
  for (const text of frames) await member.post('frame', { text })
  const where = await member.dm('are you there?')
  await member.see(where, /Here I am/)
  expect(world.log()).toContain('app_rate_limited')
})

test.each(['warning', 'refresh_requested'])(
  'a socket that Slack wants to end (%s) is followed by another before it ends',
  async (reason) => {
    await using world = await startWorld({
      mode: 'socket',
      model: [says('Answer 0.'), says('Answer 1.')],
    })
    const member = world.as('member')
    await member.see(await member.dm('before'), /Answer 0/)
    const answers = { help: '/mcp connect', list: 'You have no tools connected yet' }
    for (const [words, answer] of Object.entries(answers)) {
      await member.post('disconnect', { reason })
      // Well within the 5 s that the package alone is without a socket, in which a command fails.
      await sleep(500)
      const before = (await member.messages('dm')).length
      await member.command(words)
      const messages = await eventually(async () => {
        const all = await member.messages('dm')
        expect(all.length).toBeGreaterThan(before)
        return all
      }, 2_000)
      expect(JSON.stringify(messages.at(-1))).not.toMatch(/failed|dispatch/)
      expect(JSON.stringify(messages.at(-1))).toContain(answer)
    }
    await member.see(await member.dm('after'), /Answer 1/)
  },
)
