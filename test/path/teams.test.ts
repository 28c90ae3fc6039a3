import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, together, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

async function makeAgent(person: Seat, fields: Record<string, unknown>): Promise<void> {
  await person.command('agent new')
  await eventually(async () => expect(JSON.stringify(await person.modal())).toContain('New agent'))
  if ('asks' in fields) {
    await person.pressInModal('More: helpers, tools, model, limits')
    await eventually(async () => expect(JSON.stringify(await person.modal())).toContain('Agents it may ask for help'))
  }
  expect(await person.submit({ purpose: `is ${fields.name}`, ...fields })).toEqual({ ok: true })
  await eventually(async () => expect(JSON.stringify(await person.modal())).toContain('is saved'))
  await person.close()
}

test('an agent asks two others, whose call waits for the person, and answers with what they found', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('filesystem')
  await makeAgent(member, { name: 'Writer' })
  await makeAgent(member, { name: 'Reader' })
  await makeAgent(member, { name: 'Planner', asks: ['Writer', 'Reader'] })
  world.model.always(({ system, messages }) => {
    const is = (name: string) => JSON.stringify(system).includes(`the agent \\"${name}\\"`)
    const hasResult = JSON.stringify(messages).includes('tool_result')
    if (is('Writer')) return hasResult ? says('The note is written.') : WRITE
    if (is('Reader')) return says('The plan has three steps. The second is late.')
    return hasResult ? says('Written, and the second step is late.') : ASK
  })
  const where = await member.mention('Planner, get this done')
  const card = await member.see(where, /Writer \(asked by Planner\) wants to write note\.txt for <@UMEMBER1>/)
  const said = (await member.messages(where.channel, where.thread)).map(({ text }) => text)
  expect(
    said.filter((text) => text.startsWith('The plan')),
    'only the lead speaks',
  ).toEqual([])
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /Written, and the second step is late/)
  expect(await visibleTexts(member, where)).toMatch(/Asked Writer/)
})

const WRITE = wishes('filesystem__write_file', { path: 'note.txt', content: 'note' })
const ASK = together(
  wishes('ask_agent', { agent: 'Writer', task: 'write the note' }),
  wishes('ask_agent', { agent: 'Reader', task: 'read the plan' }),
)

const visibleTexts = async (person: Seat, where: { channel: string; thread: string }): Promise<string> =>
  (await person.messages(where.channel, where.thread)).map(lookOf).join('\n')

test('a second opinion: two answers that know nothing of each other, and a comparison without tools', async () => {
  await using world = await startWorld({ model: [says('It is safe.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  await makeAgent(member, { name: 'Reviewer' })
  const where = await member.mention('Reviewer: is this safe?')
  const answer = await member.see(where, /It is safe/)
  await member.press(where, answer.ts, 'Second opinion')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Who answers?'))
  world.model.always(({ system, messages }) => {
    const is = (name: string) => JSON.stringify(system).includes(`the agent \\"${name}\\"`)
    if (is('First look')) return says('Yes, it is.')
    if (is('Fresh look')) return says('No: the port is open.')
    return JSON.stringify(messages).includes('the port is open') ? says('They differ on the port.') : says('Lost.')
  })
  expect(await member.submit({ agents: ['Reviewer'] })).toMatchObject({
    ok: false,
    errors: { agents: 'Choose two or three, or none.' },
  })
  expect(await member.submit({ agents: [] })).toEqual({ ok: true })
  await member.see(where, /They differ on the port/)
  const asked = world.model.requests.slice(1)
  expect(asked).toHaveLength(3)
  for (const { messages } of asked.slice(0, 2)) {
    expect(JSON.stringify(messages)).toContain('is this safe?')
    expect(JSON.stringify(messages)).not.toMatch(/It is safe|port is open|Yes, it is/)
  }
  expect(asked[2]?.tools?.map(({ name }) => name)).toEqual(['ask_agent', 'note', 'notes'])
  // The next question in the thread is the app's own again.
  world.model.always(says('Here I am.'))
  await member.say(where.channel, 'thank you, and what now?', where.thread)
  await member.see(where, /Here I am/)
  expect(await visibleTexts(member, where)).not.toMatch(/is no longer there|cannot use/)
})
