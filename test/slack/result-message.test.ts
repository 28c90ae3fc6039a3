import { expect, test } from 'vitest'
import type { CallState } from '../../src/run/state/state.ts'
import { resultFiles, resultMessages } from '../../src/slack/answer/result-message.ts'
import { approvalOf } from './samples.ts'
import { stateOf } from './states.ts'

type Call = Partial<CallState> & { id: string }

const csv = (name: string) => ({ name: `${name}.csv`, mimeType: 'text/csv', data: '' })

/** A call that gave rows, with all of them in a file. */
const rowsOf = (id: string, change: Partial<CallState> = {}): Call => {
  const table = { name: id, columns: ['a'], rows: [['1'], ['2']], of: { rows: 200, columns: 1 }, file: `${id}.csv` }
  const result = { summary: '', text: '', images: [], isError: false, shown: { table }, ms: 1 }
  return { id, ...change, result: { ...result, files: [csv(id), csv(`own-${id}`)] } }
}
const other: Call = { id: 'other' }
const card = approvalOf()

/** Which results stand in the thread after these turns, with the files of their rows. */
const shownAfter = (...turns: Call[][]) => {
  const state = stateOf(turns.map((calls) => ({ text: '', calls })))
  const files = resultFiles(state).map(({ name }) => name)
  const shown = resultMessages(state).map(({ key }) => key.replace('shown:', ''))
  expect(files.filter((name) => !name.startsWith('own-'))).toEqual(shown.map((id) => `${id}.csv`))
  expect(files.filter((name) => name.startsWith('own-'))).toHaveLength(files.length - shown.length)
  return shown
}

test.each<[string, Call[][], string[]]>([
  ['one', [[rowsOf('a')]], ['a']],
  ['only the last, and what a server gave as a file', [[rowsOf('a')], [rowsOf('b')], [other], [rowsOf('c')]], ['c']],
  ['a count after them changes nothing', [[rowsOf('a')], [other]], ['a']],
  ['all of one turn', [[rowsOf('a')], [rowsOf('b'), rowsOf('c')]], ['b', 'c']],
  [
    'what stood there while a card waited stays',
    [[rowsOf('a')], [rowsOf('b')], [{ ...other, approval: card }], [rowsOf('c')]],
    ['b', 'c'],
  ],
  ['what was approved stays', [[rowsOf('a', { approval: card })], [rowsOf('b')]], ['a', 'b']],
])('of the rows of several calls people get: %s', (_what, turns, shown) => {
  expect(shownAfter(...turns)).toEqual(shown)
})

test('links name nobody in the notification', () => {
  const links = [{ name: '<!channel>', uri: 'javascript:alert(1)' }]
  const result = { summary: '', text: '', images: [], isError: false, files: [], shown: { links }, ms: 1 }
  const [message] = resultMessages(stateOf([{ text: '', calls: [{ id: 'a', result }] }]))
  expect(message?.content.text).toContain('&lt;')
  expect(message?.content.text).not.toContain('<')
})
