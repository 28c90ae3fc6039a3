import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { local, modalOf, offering, seenIn } from '../support/offering.ts'
import { says } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const firstRequest = (world: World) => world.model.requests[0]?.messages[0]?.content
const partsOf = (world: World) => {
  const content = firstRequest(world)
  return typeof content === 'string' || content === undefined ? [] : content
}

test('a prompt with arguments and completion runs in the thread, its pictures and resources reach the model', async () => {
  await using world = await startWorld({ ...local, model: [says('Bonjour Paris!')] })
  const member = world.as('member')
  await using _server = await offering(member)
  await member.command('prompts custom', 'ops')
  await modalOf(member, /1 prompt of custom/)
  await member.pressInModal('Use it', 'greet')
  await modalOf(member, /external_select/)
  // What is required is not left out.
  expect(await member.submit({ tone: 'warmly' })).toMatchObject({ ok: false })
  expect(await member.submit({ city: 'Paris', tone: 'warmly' })).toMatchObject({ ok: true })
  await modalOf(member, /I am on it/)
  const root = await seenIn(member, 'ops', /used the prompt Greet of custom/)
  expect(JSON.stringify(root.blocks)).toContain('> Greet Paris warmly.')
  expect(JSON.stringify(root.blocks)).toContain('come from the server of custom')
  await member.see({ channel: 'ops', thread: root.ts }, /Bonjour Paris!/)
  const request = JSON.stringify(partsOf(world))
  expect(request).toContain('<prompt name=\\"greet\\" connection=\\"custom\\">\\nuser: Greet Paris warmly.')
  expect(request).toContain('assistant: I shall.')
  expect(request).toContain('embedded notes')
  expect(request).toContain("the server's, not the person's")
  expect(partsOf(world)).toContainEqual(
    expect.objectContaining({ type: 'image', source: expect.objectContaining({ media_type: 'image/png' }) }),
  )
  await eventually(async () => expect(JSON.stringify(await member.home())).toContain('command_run:prompts custom'))
  await member.pressInHome('Prompts')
  await modalOf(member, /1 prompt of custom/)
})

test('completion knows the other fields, and a server that refuses says so above the form', async () => {
  await using world = await startWorld({ model: [says('Read.')] })
  const member = world.as('member')
  await member.connect('everything')
  await member.command('prompts everything')
  await modalOf(member, /4 prompts of everything/)
  await member.pressInModal('Use it', 'completable-prompt')
  await modalOf(member, /external_select/)
  expect(await member.submit({ department: 'Sales', name: 'Eve' })).toMatchObject({ ok: true })
  await modalOf(member, /I am on it/)
  await member.close()
  await member.pressInModal('Use it', 'resource-prompt')
  await modalOf(member, /external_select/)
  expect(await member.submit({ resourceType: 'Text', resourceId: 'seven' })).toMatchObject({ ok: true })
  await modalOf(member, /Invalid resourceId/)
  expect(await modalOf(member, /warning/)).toContain('seven')
  expect(await member.submit({ resourceId: '7' })).toMatchObject({ ok: true })
  await modalOf(member, /I am on it/)
  await eventually(() =>
    expect(JSON.stringify(world.model.requests)).toContain('Please promote Eve to the head of the Sales'),
  )
})

test('a prompt without arguments runs at once, is asked again with its words, and is nobody else’s', async () => {
  await using world = await startWorld({ model: [says('Simple.')] })
  const member = world.as('member')
  await member.connect('everything')
  await member.command('prompts everything')
  await modalOf(member, /4 prompts of everything/)
  await member.submit({ words: 'no arguments' })
  await modalOf(member, /1 prompt of everything/)
  await member.pressInModal('Use it', 'simple-prompt')
  await modalOf(member, /"text":"Run"/)
  expect(await member.submit({})).toMatchObject({ ok: true })
  await modalOf(member, /I am on it/)
  await eventually(() => expect(JSON.stringify(partsOf(world))).toContain('This is a simple prompt without arguments.'))
  const stranger = world.as('owner')
  await stranger.command('prompts everything')
  await seenIn(stranger, 'dm', /You have no connection called/)
})
