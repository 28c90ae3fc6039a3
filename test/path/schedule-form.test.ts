import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { rowsIn } from '../support/rows.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const modalLike = (person: Seat, look: RegExp) =>
  eventually(async () => {
    const view = JSON.stringify(await person.modal())
    expect(view).toMatch(look)
    return view
  })

const heard = (person: Seat, look: RegExp, channel = 'dm') =>
  eventually(async () => {
    const found = (await person.messages(channel)).findLast((one) => look.test(lookOf(one)))
    if (!found) throw new Error(`nothing like ${look} in:\n${(await person.messages(channel)).map(lookOf).join('\n')}`)
    return found
  }, 30_000)

const triggersOf = (world: World) => rowsIn(world, 'select title, spec, starts, place, enabled from triggers')

/** As if the time that it waits for had come. */
const makeDue = (world: World) =>
  rowsIn(world, "update triggers set next_at = date_trunc('milliseconds', now()) returning id")

const TIMEOUT = { timeout: 90_000 }

test('a schedule is made, run, paused, edited and deleted by pressing alone', TIMEOUT, async () => {
  await using world = await startWorld({ model: [says('There are three.'), says('There are four.')] })
  const member = world.as('member')
  await member.command('schedules')
  const empty = await heard(member, /Nothing is scheduled yet/)
  await member.press({ channel: 'dm' }, empty.ts, 'New schedule')
  await modalLike(member, /Zurich time, as your Slack profile says.*New schedule/)
  const text = 'count the tables'
  await member.post('press', { view: true, button: 'How often', value: 'As a cron expression says', values: { text } })
  const filled = await modalLike(member, /Cron expression/)
  expect(filled, 'what was typed stays').toContain(text)
  expect(await member.submit({ text, cron: '* * * * *' })).toMatchObject({
    ok: false,
    errors: { cron: expect.stringMatching(/every 5 minutes/) },
  })
  await member.post('press', { view: true, button: 'Show the next times', values: { text, cron: '0 9 * * 1' } })
  await modalLike(member, /The next times.*Monday.*09:00.*Monday.*09:00.*Monday.*09:00/)
  expect(await member.submit({ text, cron: '0 9 * * 1' })).toEqual({ ok: true })
  await modalLike(member, /count the tables\* is scheduled on the schedule `0 9 \* \* 1`, Zurich time/)
  await member.pressInModal('All schedules')
  await modalLike(member, /1 schedule.*has not run yet/)
  await member.close()

  await member.command('schedules')
  const list = await heard(member, /"schedule_run"/)
  await member.press({ channel: 'dm' }, list.ts, 'Run now')
  const anchor = await heard(member, /:alarm_clock: \*count the tables\*/)
  await member.see({ channel: 'dm', thread: anchor.ts }, /There are three/)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toMatch(
    /count the tables\\n\[The person scheduled this earlier: .*It begins by itself, for \w+ \d+ \w+ \d{4} at /,
  )
  await eventually(async () => {
    await member.command('schedules')
    expect(lookOf(await heard(member, /"schedule_run"/))).toMatch(/ok.*1 run/)
  })
  const again = await heard(member, /"schedule_run"/)
  await member.press({ channel: 'dm' }, again.ts, 'Last runs')
  await modalLike(member, /:white_check_mark: ok.*Go there.*Last runs/)
  await member.close()

  await member.press({ channel: 'dm' }, again.ts, 'Pause')
  const paused = await heard(member, /is paused\. It does not run/)
  expect(await triggersOf(world)).toMatchObject([{ enabled: false }])
  await member.press({ channel: 'dm' }, paused.ts, 'Resume')
  const goesOn = await heard(member, /goes on\./)
  await member.press({ channel: 'dm' }, goesOn.ts, 'Edit')
  await modalLike(member, /0 9 \* \* 1.*Edit schedule/)
  await member.post('press', { view: true, button: 'How often', value: 'Every week, on some days' })
  await modalLike(member, /On which days/)
  expect(await member.submit({ days: ['tuesday', 'friday'], time: '8:30 pm' })).toEqual({ ok: true })
  await modalLike(member, /every Tuesday and Friday at 20:30, Zurich time/)
  await member.close()
  expect(await triggersOf(world)).toMatchObject([
    { enabled: true, spec: { repeats: 'weekly', on: ['tuesday', 'friday'], at: '20:30', zone: 'Europe/Zurich' } },
  ])
  await makeDue(world)
  await eventually(async () => expect(world.model.requests).toHaveLength(2), 30_000)

  await member.press({ channel: 'dm' }, goesOn.ts, 'Delete')
  await heard(member, /is deleted\./)
  expect(await triggersOf(world)).toEqual([])
})

test('a channel that one of us is not in takes no schedule', TIMEOUT, async () => {
  await using world = await startWorld()
  const approver = world.as('approver')
  await approver.command('schedules new')
  await modalLike(approver, /New schedule/)
  const refused = await approver.submit({ text: 'count', time: '9:00', channel: 'CPARTNER1' })
  expect(refused).toMatchObject({ ok: false, errors: { channel: expect.stringMatching(/not in this channel/) } })
  expect(await triggersOf(world)).toEqual([])
})

test('words that say when are asked about first, then scheduled, and run when their time comes', TIMEOUT, async () => {
  await using world = await startWorld({ model: [says('Two new bugs.'), says('None of this was scheduled.')] })
  const member = world.as('member')
  const where = await member.dm('every Monday at 9, list new bugs')
  const card = await member.see(where, /Shall I do this every Monday at 9:00, Zurich time\? First on Monday/)
  expect(world.model.requests, 'nothing begins before somebody says so').toEqual([])
  expect(await triggersOf(world)).toEqual([])
  await member.press(where, card.ts, 'Yes, schedule it')
  await member.see(where, /list new bugs\* is scheduled every Monday at 9:00, Zurich time/)
  expect(await triggersOf(world)).toMatchObject([
    { starts: { kind: 'request', text: 'list new bugs' }, place: { kind: 'dm' }, enabled: true },
  ])
  await makeDue(world)
  const anchor = await heard(member, /:alarm_clock: \*list new bugs\*/)
  await member.see({ channel: 'dm', thread: anchor.ts }, /Two new bugs/, 30_000)

  const plain = await member.dm('every Monday we meet at 9, why?')
  await member.see(plain, /None of this was scheduled/)
})

test('what was read as a schedule can be changed or done now, by who said it', TIMEOUT, async () => {
  await using world = await startWorld({ model: [says('Done at once.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const where = await member.mention('every weekday at 8:30, sum up the night')
  const card = await member.see(where, /every weekday at 8:30.*I would answer in <#/s)
  await owner.press(where, card.ts, 'Yes, schedule it')
  await eventually(async () =>
    expect(JSON.stringify(await owner.messages(where.channel, where.thread))).toMatch(/who asked for it, decides this/),
  )
  await member.press(where, card.ts, 'Change')
  await modalLike(member, /sum up the night.*08:30.*New schedule/)
  expect(await member.submit({ time: '7' })).toEqual({ ok: true })
  await member.see(where, /is scheduled every weekday at 7:00/)
  await member.close()
  expect(await triggersOf(world)).toMatchObject([
    { spec: { repeats: 'weekdays', at: '07:00' }, place: { kind: 'channel' } },
  ])

  const second = await member.mention('every weekday at 8:30, sum up the day')
  const other = await member.see(second, /Shall I do this/)
  await member.press(second, other.ts, 'No, do it now')
  await member.see(second, /Done at once/)
  expect(await triggersOf(world)).toHaveLength(1)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('every weekday at 8:30, sum up the day')
})

test('a request is scheduled from its details, with its agent, and owners can pause it', TIMEOUT, async () => {
  await using world = await startWorld({
    model: [wishes('filesystem__list_directory', { path: '.' }), says('Empty.'), says('Empty still.')],
  })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  await member.command('agent new')
  await modalLike(member, /New agent/)
  expect(await member.submit({ name: 'Scribe', purpose: 'lists', instructions: 'Be brief.' })).toEqual({ ok: true })
  await modalLike(member, /is saved/)
  await member.close()
  const where = await member.dm('Scribe: list the files')
  await member.see(where, /Empty\./)
  const answer = await member.see(where, /"run_details"/)
  await member.press(where, answer.ts, 'Details')
  await modalLike(member, /"schedule_this"/)
  await member.pressInModal('Schedule this')
  await modalLike(member, /list the files.*Scribe: lists.*New schedule/)
  expect(await member.submit({ time: '9:00' })).toEqual({ ok: true })
  await modalLike(member, /list the files\* is scheduled every day at 9:00/)
  await makeDue(world)
  const anchor = await heard(member, /:alarm_clock: \*list the files\*/)
  expect(await member.see({ channel: 'dm', thread: anchor.ts }, /Empty still/, 30_000)).toMatchObject({
    username: 'Scribe',
  })

  await owner.command('schedules')
  const list = await heard(owner, /list the files.*of <@UMEMBER1>/s)
  expect(lookOf(list)).toMatch(/by an agent of theirs .*1 run · under \$0\.01/s)
  expect(lookOf(list)).not.toContain('"schedule_edit"')
  await owner.press({ channel: 'dm' }, list.ts, 'Pause')
  await heard(owner, /is paused\. It does not run/)
  expect(await triggersOf(world)).toMatchObject([{ enabled: false }])

  await member.command('agents')
  await member.press({ channel: 'dm' }, (await heard(member, /"agent_more"/)).ts, 'More')
  await modalLike(member, /"agent_archive"/)
  await member.pressInModal('Archive')
  await modalLike(member, /is archived/)
  await member.close()
  await member.command('schedules')
  const paused = await heard(member, /by an agent that is gone/)
  await member.press({ channel: 'dm' }, paused.ts, 'Resume')
  await heard(member, /goes on\./)
  await makeDue(world)
  await heard(member, /is paused: Its agent is gone.*My schedules/s)
  expect(world.model.requests).toHaveLength(3)
  await member.press({ channel: 'dm' }, (await heard(member, /"schedule_edit"/)).ts, 'Edit')
  await modalLike(member, /list the files.*Edit schedule/)
  expect(await member.submit({ time: '10:00' })).toEqual({ ok: true })
  await modalLike(member, /every day at 10:00.*It is still paused/)
  await member.pressInModal('Resume')
  await modalLike(member, /goes on\./)
  expect(await triggersOf(world)).toMatchObject([
    { enabled: true, starts: { kind: 'request', text: 'list the files' } },
  ])
})

test('a schedule does not answer in a channel that its owner is not in', TIMEOUT, async () => {
  await using world = await startWorld()
  const approver = world.as('approver')
  await approver.command('schedules new')
  await modalLike(approver, /New schedule/)
  expect(await approver.submit({ text: 'count', time: '9:00', channel: 'COPS00001' })).toEqual({ ok: true })
  await modalLike(approver, /I answer in <#COPS00001>/)
  await approver.close()
  await rowsIn(world, `update triggers set place = '{"kind": "channel", "channel": "CPARTNER1"}' returning id`)
  await makeDue(world)
  await heard(approver, /is paused: You are not any more in the channel where it answers/)
  expect(JSON.stringify(await world.as('member').messages('partners'))).not.toContain('count')
})

test('a workflow is scheduled and runs by itself, without a model', TIMEOUT, async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('demo-database')
  await member.connect('filesystem')
  await member.command('workflows')
  const list = await heard(member, /Report on departments/)
  await member.post('press', { channel: 'dm', ts: list.ts, button: 'Show', value: 'file:department-report' })
  await modalLike(member, /What it does/)
  await member.pressInModal('Schedule')
  await modalLike(member, /usual values of its inputs/)
  expect(await member.submit({ time: '9:00' })).toEqual({ ok: true })
  await modalLike(member, /Report on departments\* is scheduled every day at 9:00/)
  await member.close()
  expect(await triggersOf(world)).toMatchObject([{ title: 'Report on departments', enabled: true }])
  await makeDue(world)
  const anchor = await heard(member, /:alarm_clock: \*Report on departments\*/)
  const where = { channel: 'dm', thread: anchor.ts }
  const card = await member.see(where, /"Approve"/, 30_000)
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /Development|departments\.md/, 30_000)
  expect(world.model.requests, 'no model is asked').toEqual([])
})
