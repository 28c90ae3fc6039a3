import { expect, test } from 'vitest'
import { z } from 'zod'
import { startServerProcess } from '../support/mcp-house.ts'
import { local } from '../support/offering.ts'
import type { Seat, SeenMessage } from '../support/person.ts'
import { says, together, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const rowsOf = (count: number, columns = 2) =>
  Array.from(
    { length: count },
    (_, row) => `| ${Array.from({ length: columns }, (_, at) => `r${row}c${at}`).join(' | ')} |`,
  )
const tableOf = (count: number, columns = 2) =>
  [
    `| ${Array.from({ length: columns }, (_, at) => `head${at}`).join(' | ')} |`,
    `|${'---|'.repeat(columns)}`,
    ...rowsOf(count, columns),
  ].join('\n')

const File = z.looseObject({ name: z.string(), url: z.string() })

/** What a person downloads of a file in a thread. */
async function download(seat: Seat, where: { channel: string; thread: string }, name: string): Promise<string> {
  await seat.see(where, new RegExp(`file ${name}`))
  const files = (await seat.messages(where.channel, where.thread)).flatMap((one) => one.files ?? [])
  const file = File.parse(files.find((one) => one.name === name))
  return (await fetch(`${file.url}?as=${seat.who}`)).text()
}

const wordsOf = (messages: SeenMessage[]) =>
  messages
    .flatMap(({ blocks = [] }) =>
      blocks.flatMap((one) => (one.type === 'markdown' ? [z.string().parse(one.text)] : [])),
    )
    .join('\n')

test('a table of an answer with too many rows or columns is shown in part, and whole as a file', async () => {
  const answer = `Before.\n\n${tableOf(340)}\n\nBetween.\n\n> Wide:\n>\n${tableOf(2, 24).replaceAll(/^/gm, '> ')}\n\nSmall:\n\n${tableOf(3)}\n\nAfter.`
  const first = `**Now** [here](https://example.com)\n\n| a | b |\n|:--|--:|\n${'| **bold** `x\\|y` | =1+1 |\n'.repeat(120)}`
  await using world = await startWorld({
    ...local,
    model: [together(says(first), wishes('filesystem__list_directory', { path: '.' })), says(answer)],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('show me all')
  await member.see(where, /After\./)
  const bold = await download(member, where, 'table-1.csv')
  expect(bold.split('\r\n')).toHaveLength(122)
  expect(bold).toContain(`\r\nbold x|y,'=1+1\r\n`)
  const rows = await download(member, where, 'table-2.csv')
  expect(rows).toContain('head0,head1\r\nr0c0,r0c1\r\n')
  expect(rows).toContain('\r\nr339c0,r339c1\r\n')
  expect(await download(member, where, 'table-3.csv')).toContain('r1c22,r1c23\r\n')
  const words = wordsOf(await member.messages(where.channel, where.thread))
  expect(words).toContain('| r98c0 | r98c1 |')
  expect(words).not.toContain('r99c0')
  expect(words).toContain('_These are the first 99 of 340 rows; the whole table is in table-2.csv._\n\nBetween.')
  expect(words).toContain('| head18 | head19 |\n')
  expect(words).not.toContain('c20')
  expect(words).toContain('> _These are the first 20 of 24 columns; the whole table is in table-3.csv._\n\nSmall:')
  expect(words.match(/the whole table/g)).toHaveLength(3)
})

test('a result with too many rows is shown in part, and whole as a file', async () => {
  await using world = await startWorld({ ...local, model: [wishes('custom__many', {}), says('Seen.')] })
  const member = world.as('member')
  await using server = await startServerProcess('odd-letters.ts', ['0'])
  await member.connect('custom', { url: `http://127.0.0.1:${server.port}/mcp` })
  const where = await member.dm('all of them')
  await member.decide(where, 'Approve')
  await member.see(where, /Seen\./)
  await member.see(where, /the first 100 of 150 rows; the whole table is in many\.csv/)
  expect((await download(member, where, 'many.csv')).split('\r\n')).toHaveLength(152)
})
