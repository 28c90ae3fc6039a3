import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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
async function pressInList(person: Seat, button: string): Promise<void> {
  await person.command('workflows greeting')
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
