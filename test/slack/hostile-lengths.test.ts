import { expect, test } from 'vitest'
import { describeRequest } from '../../src/run/model-turn/request-text.ts'
import { cutMarkdownPage } from '../../src/slack/answer/cut-markdown.ts'
import { argumentsText } from '../../src/slack/blocks/arguments-text.ts'
import { inputBlock } from '../../src/slack/blocks/build-blocks.ts'
import { spokenWordsIn } from '../../src/slack/files/slack-file.ts'
import { requestTextOf, SlackMessage, textOfMessage } from '../../src/slack/messages/slack-message.ts'
import { removeInvisible, withoutInvisibleEnd } from '../../src/text.ts'
import { stateOf } from './states.ts'

const LENGTH = 40_000
const filled = (sign: string) => sign.repeat(LENGTH / sign.length)
const [SPACES, LINES] = [filled(' '), filled('\n')]
/** Slack cuts a message at 40,000. */
const FEWER = SPACES.slice(20)
const names = { person: () => undefined, group: () => undefined, channel: () => undefined }
const messageOf = (fields: object) => SlackMessage.parse({ ts: '1.1', ...fields })
const readWhole = (fields: object) => textOfMessage(messageOf(fields), names, 2 * LENGTH)
const richText = (text: string, style: object = {}) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text, style }] }],
})
const tableOf = (cell: string) => ({ type: 'table', rows: [[{ type: 'raw_text', text: cell }]] })
const numbers = (from: number) => Array.from({ length: 6_500 }, (_, at) => String(from + at)).join('\n')
const asked = (text: string) =>
  describeRequest({ ...stateOf([]), text })
    .split('\n')
    .slice(1)
    .join('\n')
const firstPage = (text: string) => cutMarkdownPage(text, LENGTH + 10).page
const sql = `select ${filled('/*')}`

test.each<[string, () => string, string]>([
  ['spaces within a request', () => requestTextOf(messageOf({ text: `a${FEWER}b` }), names, 'UAPP').own, `a${FEWER}b`],
  [
    'spaces after a mention',
    () => requestTextOf(messageOf({ text: `<@UAPP>${FEWER}b <@UAPP>` }), names, 'UAPP').own,
    'b',
  ],
  ['spaces that are bold', () => readWhole({ blocks: [richText(`a${SPACES}b`, { bold: true })] }), `*a${SPACES}b*`],
  ['spaces in a cell', () => readWhole({ blocks: [tableOf(`a${SPACES}b`)] }), `| a${SPACES}b |\n| --- |`],
  ['lines in a cell', () => readWhole({ blocks: [tableOf(`a${LINES}b`)] }), '| a b |\n| --- |'],
  ['spaces before what the blocks say', () => readWhole({ text: `${SPACES}b`, blocks: [richText('a b')] }), 'a b'],
  [
    'short lines that the blocks do not say',
    () => readWhole({ text: numbers(20_000), blocks: [richText(numbers(50_000))] }),
    `${numbers(20_000)}\n${numbers(50_000)}`,
  ],
  [
    'marks in a field',
    () => readWhole({ blocks: [{ type: 'section', fields: [{ type: 'mrkdwn', text: `${filled('*')}x` }] }] }),
    `${filled('*')}x`,
  ],
  ['lines before a bracket', () => asked(`${LINES}[`), `${LINES}[`],
  ['returns before a bracket', () => asked(`${filled('\r')}[`), `${filled('\r')}[`],
  ['times in a bracket', () => asked(`[${filled(' 2026, 10:26, UTC')}`), `[${filled(' 2026, 10:26, UTC')}`],
  ['blank braille', () => removeInvisible(`${filled('\u2800')}x`), 'x'],
  ['an invisible end', () => withoutInvisibleEnd(`${filled('\u200b')}x${filled('\u200b')}`), `${filled('\u200b')}x`],
  ['a delimiter that is none', () => firstPage(`a|b\n${SPACES}|`), `a|b\n${SPACES}|`],
  ['items in items', () => firstPage(`${filled(' -')}x`), `${filled(' -')}x`],
  ['quotes in quotes', () => firstPage(`${filled('> ')}x`), `${filled('> ')}x`],
  ['marks in a transcript', () => spokenWordsIn(`WEBVTT\n\n0 --> 1\n${filled('<')}`), filled('<')],
  ['comments in SQL', () => argumentsText({ sql }), `sql: "${sql}"`],
  [
    'spaces in a label',
    () =>
      inputBlock({ id: 'a', label: `a${SPACES}b`, optional: true, element: { type: 'plain_text_input' } }).label.text,
    'a…',
  ],
])('%s cost no more than their length', (_what, read, text) => {
  expect(read() === text).toBe(true)
})
