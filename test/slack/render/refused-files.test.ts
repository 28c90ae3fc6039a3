import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { lookOf } from '../../support/person.ts'
import { rowsIn } from '../../support/rows.ts'
import { says } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

const table = `Here.\n\n| n |\n|---|\n${Array.from({ length: 120 }, (_, at) => `| ${at} |`).join('\n')}\n\nThat is all.`

test.each(['storage_limit_reached', 'file_uploads_disabled', 'channel_not_found'])(
  'a file that Slack takes nowhere (%s) is tried a few times, people are told, and the run ends',
  async (error) => {
    await using world = await startWorld({ model: [says(table)] })
    const member = world.as('member')
    await member.post('faults', { method: 'files.getUploadURLExternal', error, times: 50 })
    await member.post('faults', { method: 'files.completeUploadExternal', error, times: 50 })
    const where = await member.mention('list them')
    await member.see(where, /That is all\./)
    await eventually(async () =>
      expect(await rowsIn(world, 'select status, outcome from runs')).toEqual([
        { status: 'closed', outcome: 'finished' },
      ]),
    )
    expect(world.log().match(/cannot be posted there/g)).toHaveLength(1)
    const direct = (await member.messages('dm')).map(lookOf).join()
    expect(direct).not.toContain('That is all')
    const there = (await member.messages(where.channel, where.thread)).map(lookOf).join()
    expect(error === 'channel_not_found' ? direct : there).toContain('Slack did not take the file table-1.csv.')
  },
)

test.each(['rate_limited', 'metadata_too_large', 'org_login_required'])(
  'an answer that Slack refuses with %s, which says nothing of the place, is not told elsewhere',
  async (error) => {
    await using world = await startWorld({ model: [says('Forty-two.')] })
    const member = world.as('member')
    await member.post('faults', { method: 'chat.startStream', error: 'unknown_method', times: 9 })
    await member.post('faults', { method: 'chat.postMessage', error, times: 1 })
    await member.mention('how many?')
    await eventually(async () =>
      expect(await rowsIn(world, "select 1 from runs where status = 'closed'")).toHaveLength(1),
    )
    expect((await member.messages('dm')).map(lookOf).join()).not.toContain('Forty-two')
  },
)
