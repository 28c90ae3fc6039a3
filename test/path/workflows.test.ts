import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

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
  })

const YAML = `name: note
title: Greeting
inputs:
  file: { type: string, default: note.txt, required: true, description: Where it goes }
steps:
  - id: write
    tool: filesystem/write_file
    with: { path: "{{ inputs.file }}", content: Hello }
`

const READ_YAML = `name: note
title: Greeting
steps:
  - id: read
    tool: filesystem/read_text_file
    with: { path: missing.txt }
  - id: list
    tool: filesystem/list_directory
    with: { path: . }
`

/** Lists workflows and presses a button of the first that has it. */
async function pressInList(person: Seat, button: string, words = 'greeting'): Promise<void> {
  await person.command(`workflows ${words}`)
  const list = await heard(person, /A workflow is a list of steps/)
  await person.press({ channel: 'dm' }, list.ts, button)
}

async function upload(person: Seat, yaml: string): Promise<void> {
  await person.command('workflow new')
  await modalLike(person, /Upload YAML/)
  expect(await person.submit({ yaml })).toEqual({ ok: true })
  await modalLike(person, /is saved/)
  await person.close()
}

test('a workflow is typed as YAML with a mistake, mended, edited, restored, shared, downloaded and archived', async () => {
  await using world = await startWorld({ model: [] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.command('workflow new')
  await modalLike(member, /Upload YAML/)
  expect(await member.submit({ yaml: YAML.replace('tool:', 'tol:') })).toMatchObject({
    ok: false,
    errors: { yaml: expect.stringMatching(/line 7.*Did you mean "tool"/) },
  })
  expect(await member.submit({ yaml: '' })).toMatchObject({
    ok: false,
    errors: { yaml: expect.stringMatching(/Paste/) },
  })
  expect(await member.submit({ yaml: YAML })).toEqual({ ok: true })
  await modalLike(member, /Greeting\* is saved: 1 step · asks for file · runs without AI/)
  await member.close()

  await pressInList(member, 'workflow_edit')
  await modalLike(member, /1\. Use write file of filesystem.*name: note.*Edit workflow/)
  expect(await member.submit({ yaml: YAML.replace('Hello', 'Bye') })).toEqual({ ok: true })
  await modalLike(member, /Runs under way go on with what it was before/)
  await member.close()

  await pressInList(member, 'workflow_show')
  await modalLike(member, /content Bye.*Restore version 1/)
  await member.pressInModal('Restore')
  await modalLike(member, /is saved.*content Hello/)
  await member.close()

  await pressInList(member, 'workflow_share')
  await heard(member, /Everybody in this workspace can run \*Greeting\*/)
  await owner.command('workflows greeting')
  const list = await heard(owner, /by <@UMEMBER1> · everybody here may run it · version 3/)
  expect(lookOf(list)).not.toContain('workflow_edit')
  await owner.press({ channel: 'dm' }, list.ts, 'workflow_show')
  await modalLike(owner, /you have not connected.*Connect filesystem/)
  await owner.pressInModal('Download YAML')
  await modalLike(owner, /note\.yaml is in our direct messages/)
  await heard(owner, /note\.yaml/)
  await owner.close()
  await modalLike(owner, /"workflow_archive"/)
  await owner.pressInModal('Archive')
  await modalLike(owner, /is archived/)
  await owner.close()
  await member.command('workflows greeting')
  await heard(member, /No workflow has “greeting” in its title[\s\S]*Index of notes/)
})

test('a search finds workflows, and one that needs what is not connected says so', async () => {
  await using world = await startWorld({ model: [] })
  const member = world.as('member')
  await upload(member, YAML)
  await member.command('search greeting')
  await heard(member, /\*Greeting\*[\s\S]*a workflow: steps that are done the same way/)
  await pressInList(member, 'workflow_run')
  await modalLike(member, /you have not connected.*Where it goes.*Run now/)
})

test('a run is saved as a workflow by pressing, and its inputs are what the person said', async () => {
  await using world = await startWorld({
    model: [wishes('filesystem__write_file', { path: 'a.txt', content: 'Hello' }), says('Written.')],
  })
  const [member, other] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  const where = await member.mention('write Hello to a.txt')
  await member.decide(where, 'Approve')
  const answer = await member.see(where, /Written\.[\s\S]*workflow_save/)
  await other.press(where, answer.ts, 'workflow_save')
  await other.see(where, /Only <@UMEMBER1> can save this/)
  await member.press(where, answer.ts, 'workflow_save')
  const form = await modalLike(member, /Save as workflow/)
  expect(form).toContain('1. Use write file of filesystem with path a.txt, content Hello')
  expect(await member.submit({ title: 'Greet', inputs: ['0'] })).toEqual({ ok: true })
  await modalLike(member, /\*Greet\* is saved.*Try it now/)
  await member.pressInModal('Try it now')
  await modalLike(member, /"initial_value":"a\.txt".*Run now/)
  expect(await member.submit({ 'input.path': 'b.txt' })).toEqual({ ok: true })
  await modalLike(member, /\*Greet\* runs/)
  await member.close()
  await member.close()
  const started = await heard(member, /You started \*Greet\* with path “b\.txt”/)
  const run = { channel: 'dm', thread: started.ts }
  await member.decide(run, 'Approve')
  await member.see(run, /Greet: done/)
  const [file = ''] = globSync('**/b.txt', { cwd: world.dataDir })
  expect(readFileSync(join(world.dataDir, file), 'utf8')).toBe('Hello')
})

test('a step that fails is parked, changed, and goes on', async () => {
  await using world = await startWorld({ model: [] })
  const member = world.as('member')
  await member.connect('filesystem')
  await upload(member, READ_YAML)
  await pressInList(member, 'workflow_run')
  const started = await heard(member, /You started \*Greeting\*/)
  const run = { channel: 'dm', thread: started.ts }
  const card = await member.see(run, /\*Greeting\* stopped at step 1 of 2, \*read\*/)
  expect(lookOf(card)).toContain('path: \\"missing.txt\\"')
  await member.command('workflows')
  await heard(member, /1 step failed, and you decide/)
  await member.command('workflows stopped')
  await heard(member, /1 step of your workflows failed/)
  await member.press(run, card.ts, 'step_change')
  await modalLike(member, /"initial_value":"missing\.txt".*Change and try/)
  expect(await member.submit({ path: 'other.txt' })).toEqual({ ok: true })
  await member.see(run, /<@UMEMBER1> changed it and tried again/)
  const again = await member.see(run, /\*read\*[\s\S]*other\.txt[\s\S]*step_skip/)
  await member.press(run, again.ts, 'step_skip')
  await member.see(run, /<@UMEMBER1> went on without this step/)
  await member.see(run, /Greeting: done/)
})

const MOVE_YAML = `name: moves
title: Moving day
steps:
  - id: write
    tool: filesystem/write_file
    with: { path: a.txt, content: Hello }
  - id: move
    tool: filesystem/move_file
    with: { source: a.txt, destination: b.txt }
    undo: { tool: filesystem/move_file, with: { source: b.txt, destination: a.txt } }
  - id: read
    tool: filesystem/read_text_file
    with: { path: missing.txt }
`

test('what was done is listed and undone only when a person says so, and a stop ends it', async () => {
  await using world = await startWorld({ model: [] })
  const [member, other] = [world.as('member'), world.as('approver')]
  await member.connect('filesystem')
  await upload(member, MOVE_YAML)
  const begin = async () => {
    await pressInList(member, 'workflow_run', 'moving')
    const { ts } = await heard(member, /You started \*Moving day\*/)
    return { channel: 'dm', thread: ts }
  }
  const run = await begin()
  await member.decide(run, 'Approve')
  await member.see(run, /approved: wrote a\.txt/i)
  await member.decide(run, 'Approve')
  const card = await member.see(run, /stopped at step 3 of 3, \*read\*/)
  await member.press(run, card.ts, 'step_retry')
  await member.see(run, /tried it again/)
  const again = await member.see(run, /step_undo/)
  await member.press(run, again.ts, 'step_undo')
  await modalLike(member, /1\. \*move\*: move file of filesystem, source: .{0,4}b\.txt/)
  expect(globSync('**/b.txt', { cwd: world.dataDir })).toHaveLength(1)
  expect(await member.submit()).toEqual({ ok: true })
  await member.see(run, /had what was done undone/)
  await member.decide(run, 'Approve')
  await member.see(run, /Moving day: ended, and what it had done is undone/)
  expect(globSync('**/{a,b}.txt', { cwd: world.dataDir }).map((one) => one.slice(-5))).toEqual(['a.txt'])

  const second = await begin()
  expect(second.thread).not.toBe(run.thread)
  await member.decide(second, 'Approve')
  await member.see(second, /approved: wrote a\.txt/i)
  await member.decide(second, 'Approve')
  const last = await member.see(second, /stopped at step 3 of 3, \*read\*/)
  await member.press(second, last.ts, 'step_stop')
  await member.see(second, /stopped here; what was done stays done/)
  await other.command('workflows stopped')
  await heard(other, /No workflow of yours is stopped/)
})

test('what one step gave is what the next one uses, the next time as well', async () => {
  await using world = await startWorld({
    model: [
      wishes('filesystem__write_file', { path: 'in.txt', content: 'Forty-two rows of gold' }),
      says('There.'),
      wishes('filesystem__read_text_file', { path: 'in.txt' }),
      wishes('filesystem__write_file', { path: 'out.txt', content: 'Forty-two rows of gold' }),
      says('Copied.'),
    ],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const before = await member.dm('make in.txt')
  await member.decide(before, 'Approve')
  await member.see(before, /There\./)
  const folder = join(world.dataDir, dirname(globSync('**/in.txt', { cwd: world.dataDir })[0] ?? ''))
  const where = await member.dm('copy in.txt to out.txt')
  await member.decide(where, 'Approve')
  const answer = await member.see(where, /Copied\.[\s\S]*workflow_save/)
  await member.press(where, answer.ts, 'workflow_save')
  await modalLike(member, /content ‹content of read text file›.*Save as workflow/)
  expect(await member.submit({ title: 'Copy it', inputs: [] })).toEqual({ ok: true })
  await modalLike(member, /\*Copy it\* is saved.*Try it now/)
  writeFileSync(join(folder, 'in.txt'), 'Forty-three rows of gold')
  await member.pressInModal('Try it now')
  const { ts } = await heard(member, /You started \*Copy it\*/)
  await member.decide({ channel: 'dm', thread: ts }, 'Approve')
  await member.see({ channel: 'dm', thread: ts }, /Copy it: done/)
  expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe('Forty-three rows of gold')
})

test('a file is taken as YAML, and one that is wrong is told with its line', async () => {
  await using world = await startWorld({ model: [] })
  const member = world.as('member')
  const attach = async (text: string) => {
    const answer = await fetch(`${world.slackUrl}/local/attach?as=member&name=note.yaml`, {
      method: 'POST',
      body: text,
    })
    return String(Object(await answer.json()).file)
  }
  await member.command('workflow new')
  await modalLike(member, /Or its file/)
  await member.submit({ file: [await attach(YAML.replace('write_file', ''))] })
  await modalLike(member, /"alert".*line 7.*names no tool/)
  await member.submit({ file: [await attach(YAML)] })
  await modalLike(member, /\*Greeting\* is saved/)
})
