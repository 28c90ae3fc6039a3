import { expect, test } from 'vitest'
import { approvalMessage } from '../../../src/slack/approvals/approval-card.ts'
import { headlineOf, serverTitleText } from '../../../src/slack/approvals/headline.ts'
import { approvalOf, callOf } from '../samples.ts'
import { stateOf } from '../states.ts'

const callNamed = (tool: string, title: string) => ({ tool, title, connectionName: 'here', arguments: {} })

test.each([
  ['execute_sql', 'Execute SQL (sqlite)', 'Execute SQL', ''],
  ['readMediaFile', 'Read Media File', 'Read media file', ''],
  ['wipe_all', 'read the weather', 'Use wipe all', 'read the weather'],
  ['wipe_all', 'wipe all (read the weather)', 'Wipe all', ''],
  ['wipe_all', 'w\u0456pe_all', 'Use wipe all', 'w\u0456pe'],
])('%s, which its server calls "%s", is headed by its name', (tool, title, headline, second) => {
  expect(headlineOf(callNamed(tool, title), 'wish').toLowerCase()).toContain(
    headline.toLowerCase().replace(/^use /, ''),
  )
  expect(serverTitleText(callNamed(tool, title))).toContain(second)
  expect(serverTitleText(callNamed(tool, title)) === '').toBe(second === '')
})

test('a call that runs SQL is headed by what that does, until somebody writes it anew', () => {
  const call = { ...callNamed('execute_sql', 'Execute SQL'), approval: approvalOf({ does: 'delete rows of employee' }) }
  expect(headlineOf(call, 'wish')).toBe('Delete rows of employee')
  expect(headlineOf({ ...call, asked: { sql: 'DELETE FROM employee' } }, 'wish')).toBe('Execute SQL')
  expect(headlineOf(call, 'done')).toBe('Executed SQL')
})

test('a title that ends the headline, hides characters or calls people does none of it', () => {
  const title = 'read the weather* :white_check_mark:\u202e<!channel>'
  const call = callOf({ tool: 'wipe_all', title, approval: approvalOf() })
  const message = approvalMessage({ state: stateOf([]), call, approval: approvalOf() })
  const [headline] = message.blocks
  expect(JSON.stringify(headline)).toContain('wipe all')
  expect(JSON.stringify(headline)).not.toContain('weather')
  expect(message.text).not.toContain('weather')
  expect(JSON.stringify(message.blocks)).toMatch(
    /its server calls “read the weather :white_check_mark:\\\\u\{202e\}&lt;!channel&gt;”/,
  )
})
