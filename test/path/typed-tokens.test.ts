import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

/** All that a person sees in their direct messages. */
const looksIn = async (seat: Seat): Promise<string> => (await seat.messages('dm')).map(lookOf).join('\n')

test.each([
  ['@oncall', '@oncall'],
  ['@owner, @oncall', '@oncall'],
  ['@here', '@here'],
  ['#general', '#general'],
])('approvers %s: what is not a person is named, with what to do', async (words, shown) => {
  await using world = await startWorld()
  const owner = world.as('owner')
  await owner.post('usergroup', { handle: 'oncall', name: 'On call', members: ['approver'] })
  await owner.command(`approvers ${words}`)
  await eventually(async () => expect(await looksIn(owner)).toContain(`${shown} is not one person`))
  expect(await looksIn(owner)).not.toMatch(/subteam|&lt;|@@|<!/)
})

test.each([
  ['disconnect @oncall', /@oncall/],
  ['disconnect @owner', /@Olivia Owner/],
  ['test #general', /#general/],
  ['frobnicate @oncall https://a.example/x', /frobnicate/],
  ['tools https://a.example/x', /https:\/\/a\.example\/x/],
])('%s: nobody sees how Slack writes what was typed', async (words, shown) => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('filesystem')
  await member.command(words)
  await eventually(async () => expect(await looksIn(member)).toMatch(shown))
  expect(await looksIn(member)).not.toMatch(/subteam|&lt;|@@|\|https?:|<!/)
})

test('connect takes an address as it was typed', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.command('connect https://mcp.example.com/mcp')
  await eventually(async () => expect(await looksIn(member)).toContain('called \\"https://mcp.example.com/mcp'))
  expect(await looksIn(member)).not.toMatch(/<https|&lt;/)
})
