import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf } from '../support/person.ts'
import { startStage } from './stage.ts'
import { allows, asks, replies, returns } from './states.ts'

test.each(['http', 'socket'] as const)('a DM is answered in its thread, over %s', async (mode) => {
  await using stage = await startStage({ mode })
  const member = stage.as('member')
  const here = await member.dm('hello there')
  const run = await stage.next()
  expect(run.request).toMatchObject({
    text: 'hello there',
    origin: { place: 'dm', threadTs: here.thread, userName: 'member' },
  })
  run.news({ kind: 'words', text: 'Hi **member**' })
  const live = await member.see(here, /Hi \*\*member/)
  expect(live.streaming).toBe(true)
  expect(lookOf(live)).toContain('run_stop')
  run.news({ kind: 'words', text: ', how are you?' })
  run.emit(replies('Hi **member**, how are you?'))
  run.emit({ type: 'finished' })
  await run.settle()
  const all = await member.messages('dm', here.thread)
  expect(all).toHaveLength(2)
  expect(all[1]?.text).toBe('Hi **member**, how are you?')
  expect(all[1]?.streaming).toBeFalsy()
  expect(lookOf(all[1] ?? live)).not.toContain('run_stop')
})

test('a call waits for a press, is done, and the answer follows below the card', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  const here = await member.mention('write hello.txt')
  const run = await stage.next()
  expect(run.request.text).toBe('write hello.txt')
  run.news({ kind: 'words', text: 'I will write it.' })
  run.emit(
    replies('I will write it.', {
      id: 'toolu_1',
      tool: 'write_file',
      input: { path: 'hello.txt', content: 'Hello <!channel>' },
    }),
  )
  run.emit(asks('toolu_1', ['UMEMBER1']))
  await run.settle()
  const card = await member.see(here, /"Approve"/)
  expect(lookOf(card)).toMatch(/wants to write hello\.txt with filesystem/)
  expect(lookOf(card)).toContain('path: \\"hello.txt\\"')
  expect(lookOf(card)).toContain('Always allow')
  await member.press(here, card.ts, 'Approve')
  await member.see(here, /Approved by <@UMEMBER1>/)
  run.emit({ type: 'called', call: 'toolu_1' })
  await member.see(here, /Writing hello\.txt with filesystem…/)
  run.emit(returns('toolu_1', 'Wrote 5 characters', [{ name: 'big.txt', mimeType: 'text/plain', data: 'aGVsbG8=' }]))
  run.news({ kind: 'words', text: 'Done: hello.txt is there.' })
  run.emit(replies('Done: hello.txt is there.'))
  run.emit({ type: 'finished' })
  await run.settle()
  await run.settle()
  const looks = (await member.messages('general', here.thread)).map(lookOf)
  expect(looks).toHaveLength(5)
  expect(looks[1]).toContain('Wrote hello.txt with filesystem')
  expect(looks[2]).toContain('Approved by')
  expect(looks[2]).not.toContain('"Approve"')
  expect(looks[3]).toContain('Done: hello.txt is there.')
  expect(looks[4]).toContain('file big.txt')
})

test('only the right person decides; the second press hears who was first', async () => {
  await using stage = await startStage()
  const [owner, member, approver] = [stage.as('owner'), stage.as('member'), stage.as('approver')]
  const here = await member.mention('delete everything')
  const run = await stage.next()
  run.emit(replies('', { id: 'toolu_1', tool: 'write_file', input: { path: 'a', content: 'b' } }))
  run.emit(asks('toolu_1', ['UAPPROV1', 'UOWNER01'], { risk: 'destructive', mayAlways: false }))
  await run.settle()
  const card = await member.see(here, /"Approve"/)
  expect(lookOf(card)).not.toContain('Always allow')
  await member.press(here, card.ts, 'Approve')
  const told = await member.see(here, /Only <@UAPPROV1> or <@UOWNER01> can decide this/)
  expect(told.ephemeral).toBe(true)
  await Promise.all([approver.press(here, card.ts, 'Deny'), owner.press(here, card.ts, 'Deny')])
  await member.see(here, /Denied by <@/)
  await eventually(async () => {
    const seen = [
      ...(await owner.messages('general', here.thread)),
      ...(await approver.messages('general', here.thread)),
    ]
    expect(seen.filter((one) => /was already denied by <@/.test(one.text))).toHaveLength(1)
  })
  const [first] = stage.answers.filter(({ by }) => by.user !== 'UMEMBER1')
  const denier = first?.by.user === 'UOWNER01' ? owner : approver
  await denier.press(here, card.ts, 'Give a reason')
  await eventually(async () => expect(await denier.modal()).not.toBeNull())
  await denier.submit({ 'Why not?': 'Use the other folder' })
  await member.see(here, /<@U\w+> denied the request of <@UMEMBER1> to _write a_: Use the other folder/)
})

test('a reason for denying what one asked for oneself names them once', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  const here = await member.dm('write')
  const run = await stage.next()
  run.emit(replies('', { id: 'toolu_1', tool: 'write_file', input: { path: 'a', content: 'b' } }))
  run.emit(asks('toolu_1', ['UMEMBER1']))
  await run.settle()
  await member.decide(here, 'Deny')
  await member.decide(here, 'Give a reason')
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  await member.submit({ 'Why not?': 'Use the other folder' })
  await member.see(here, /<@UMEMBER1> does not want me to _write a_: Use the other folder/)
})

test("an approver who cannot see the requester's DM gets a card of their own", async () => {
  await using stage = await startStage()
  const [member, approver] = [stage.as('member'), stage.as('approver')]
  const here = await member.dm('delete it')
  const run = await stage.next()
  run.emit(replies('', { id: 'toolu_1', tool: 'write_file', input: { path: 'a', content: 'x'.repeat(4_000) } }))
  run.emit(asks('toolu_1', ['UAPPROV1'], { risk: 'destructive' }))
  await run.settle()
  const cards = await approver.messages('dm')
  const card = cards.find((one) => lookOf(one).includes('"Approve"'))
  expect(card).toBeDefined()
  await approver.press({ channel: 'dm' }, card?.ts ?? '', 'Approve')
  await member.see(here, /Approved by <@UAPPROV1>/)
  await eventually(async () => expect((await approver.messages('dm')).map(lookOf).join()).toContain('Approved by'))
  const files = (await approver.messages('dm', card?.ts)).flatMap((one) => one.files ?? [])
  expect(files.map(({ name }) => name)).toEqual(['write_file-arguments.txt'])
})

test('arguments are edited in a modal and checked', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  const here = await member.dm('write')
  const run = await stage.next()
  run.emit(replies('', { id: 'toolu_1', tool: 'write_file', input: { path: 'a.txt', content: 'b' } }))
  run.emit(asks('toolu_1', ['UMEMBER1']))
  await run.settle()
  stage.rules.decide = () => {
    stage.rules.decide = undefined
    return { kind: 'invalid', problems: [{ field: 'path', message: 'must not be hidden' }] }
  }
  await member.decide(here, 'Edit')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('a.txt'))
  expect(await member.submit({ path: '' })).toEqual({ ok: false, errors: { path: 'Fill this in.' } })
  expect(await member.modal()).not.toBeNull()
  expect(await member.submit({ path: '.hidden' })).toEqual({ ok: false, errors: { path: 'must not be hidden' } })
  expect(await member.submit({ path: 'c.txt', content: 'two\nlines' })).toMatchObject({ ok: false })
  expect(await member.submit({ path: 'c.txt', content: 'lines' })).toEqual({ ok: true })
  expect(stage.answers.at(-1)).toMatchObject({ decision: 'approved', arguments: { path: 'c.txt', content: 'lines' } })
  const card = await member.see(here, /Approved with changes by <@UMEMBER1>/)
  expect(lookOf(card)).toContain('c.txt')
})

test('a long answer rolls over into further messages, whole', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  const here = await member.dm('write a book')
  const run = await stage.next()
  const book = Array.from({ length: 300 }, (_, line) => `Line ${line} ${'word '.repeat(19)}`).join('\n\n')
  expect(book.length).toBeGreaterThan(30_000)
  for (let at = 0; at < book.length; at += 1_500) {
    run.news({ kind: 'words', text: book.slice(at, at + 1_500) })
    await sleep(100)
  }
  run.emit(replies(book))
  run.emit({ type: 'finished' })
  await run.settle()
  const [, ...pages] = await member.messages('dm', here.thread)
  expect(pages.length).toBeGreaterThanOrEqual(3)
  const words = (text: string) => text.split(/\s+/).filter(Boolean)
  expect(words(pages.map(({ text }) => text).join('\n'))).toEqual(words(book))
  expect(pages.every((page) => !page.streaming && !lookOf(page).includes('run_stop'))).toBe(true)
})

test('mentions arrive twice and make one run; replies in the thread need none', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  const here = await member.mention('first')
  const first = await stage.next()
  first.emit(replies('Yes.'))
  first.emit({ type: 'finished' })
  await first.settle()
  await member.say('general', '@owner what do you think?', here.thread)
  await member.say('general', 'and second', here.thread)
  const second = await stage.next()
  expect(second.request.text).toBe('and second')
  expect(second.request.context).toBeUndefined()
  // Time in which the word to the owner would have become a run.
  await sleep(400)
  expect(stage.all()).toHaveLength(2)
})

test('a thread that was there before is given as context', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  const here = await stage.as('owner').say('general', 'The build is red')
  await member.say('general', 'since noon', here.thread)
  await member.mention('why?', 'general', here.thread)
  const run = await stage.next()
  expect(run.request.context).toEqual([
    { author: 'owner', text: 'The build is red' },
    { author: 'member', text: 'since noon' },
  ])
})

test('stop: by a word, by the button, not by others', async () => {
  await using stage = await startStage()
  const [member, approver] = [stage.as('member'), stage.as('approver')]
  const here = await member.mention('work')
  const run = await stage.next()
  run.news({ kind: 'words', text: 'Working' })
  const live = await member.see(here, /Working/)
  await approver.press(here, live.ts, 'Stop')
  await approver.see(here, /Only <@UMEMBER1> or an approver can stop this/)
  expect(run.state().status).toBe('working')
  await member.say('general', 'Stop!', here.thread)
  await eventually(() => expect(run.state().status).toBe('stopped'))
  await run.settle()
  await member.see(here, /Okay, I stopped\./)
  expect(stage.all()).toHaveLength(1)
})

test('stop in a DM with nothing at work is answered where it was said', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  const here = await member.dm('stop')
  const told = await member.see(here, /nothing to stop/)
  expect(told.thread_ts).toBe(here.thread)
})

test('an event whose run could not be kept is delivered again', async () => {
  await using stage = await startStage({ retryDelaysMs: [50, 50, 50] })
  stage.rules.failStarts = 1
  await stage.as('member').dm('do not lose me')
  expect((await stage.next()).request.text).toBe('do not lose me')
})

test('another instance goes on where a dead one stopped', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  const here = await member.dm('go')
  const run = await stage.next()
  run.news({ kind: 'words', text: 'Half a sent' })
  await member.see(here, /Half a sent/)
  // What is not in a record has to be found in the thread.
  stage.shown.clear()
  run.emit(replies('A whole sentence.', { id: 'toolu_1', tool: 'read_file', input: { path: 'a.txt' } }))
  run.emit(allows('toolu_1', 'read_file', 'Read File'))
  run.emit(returns('toolu_1', 'Read it'))
  run.emit(replies('That is all.'))
  run.emit({ type: 'finished' })
  await run.settle({ recovered: true })
  await run.settle({ recovered: true })
  const all = await member.messages('dm', here.thread)
  expect(all).toHaveLength(2)
  expect(lookOf(all[1] ?? (await member.see(here, /./)))).toContain('Read a.txt with filesystem')
  expect(all[1]?.text).toBe('A whole sentence.\n\nThat is all.')
})

test('words taken back by the model are not left standing', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  const here = await member.dm('go')
  const run = await stage.next()
  run.news({ kind: 'words', text: 'Wrong words' })
  await member.see(here, /Wrong words/)
  run.news({ kind: 'restart' })
  run.news({ kind: 'waiting', seconds: 2, why: 'overloaded' })
  run.news({ kind: 'words', text: 'Right words' })
  run.emit(replies('Right words'))
  run.emit({ type: 'finished' })
  await run.settle()
  const all = await member.messages('dm', here.thread)
  expect(all.map(({ text }) => text)).toEqual(['go', 'Right words'])
})
