import { expect, test } from 'vitest'
import { readConversation } from '../../../src/local/offline-model/api/conversation.ts'

const stamp = '[Morgan Member, Sunday 29 November 2026, 14:30, Europe/Zurich (UTC+1)]'
const asked = (text: string) => ({ role: 'user' as const, content: `${stamp}\n${text}` })
const call = {
  role: 'assistant' as const,
  content: [{ type: 'tool_use' as const, id: 'toolu_1', name: 'demo-database__execute_sql', input: { sql: 'DELETE' } }],
}
const results = (...texts: string[]) => ({
  role: 'user' as const,
  content: [
    { type: 'tool_result' as const, tool_use_id: 'toolu_1', content: 'Not done: withdrawn.', is_error: true },
    ...texts.map((text) => ({ type: 'text' as const, text })),
  ],
})
const read = (...messages: Parameters<typeof readConversation>[0]['messages']) =>
  readConversation({ model: 'm', max_tokens: 1, stream: false, system: '', tools: [], messages })

test.each([
  ['Sorry, I meant 10021', 'Delete employee 10021'],
  ['I meant employee 10021', 'Delete employee 10021'],
  ['no, I mean list my files', 'list my files'],
  ['Never delete anybody. How many employees are there?', 'Never delete anybody. How many employees are there?'],
])('%j in place of a decision is what is asked now: %j', (said, expected) => {
  const conversation = read(asked('Delete employee 10020'), call, results(`${stamp}\n${said}`))
  expect(conversation).toMatchObject({ asked: expected, done: [], before: [{ isError: true }] })
})

test('a changed message is read without the note on it', () => {
  const changed = `${stamp}\n[Their message reads differently now:]\nDelete employee 10021`
  expect(read(asked('Delete employee 10020'), call, results(changed)).asked).toBe('Delete employee 10021')
})

test('notes beside results ask for nothing', () => {
  const conversation = read(asked('Delete employee 10020'), call, results('This is the last turn of this request.'))
  expect(conversation).toMatchObject({ asked: 'Delete employee 10020', done: [{ isError: true }] })
})

test('a number said in place of a decision on several takes their place', () => {
  const conversation = read(
    asked('Delete employees 10011, 10012 and 10013'),
    call,
    results(`${stamp}\nSorry, I meant employee 10014`),
  )
  expect(conversation.asked).toBe('Delete employees 10014')
})
