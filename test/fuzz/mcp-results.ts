import fc from 'fast-check'
import { checkMessage } from '../../src/block-kit/check-message.ts'
import { checkView } from '../../src/block-kit/check-view.ts'
import { createRedactor } from '../../src/mcp/protocol/redactor.ts'
import { readToolResult } from '../../src/mcp/requests/read-tool-result.ts'
import { shapeResult } from '../../src/run/calls/shape-result.ts'
import { resultFiles, resultMessages } from '../../src/slack/answer/result-message.ts'
import { runDetailsModal } from '../../src/slack/run-details/run-details-modal.ts'
import { ada, at, called, judged, replied, stateOf } from '../run/states.ts'
import { createTarget, type FuzzTarget, stringsIn } from './target.ts'

const SECRET = 'k3y+of/this=connection'
const CALL = { id: 'a', tool: 'a', arguments: {} }

const word = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '',
    SECRET,
    '<!channel>',
    '<@UADA>',
    '`',
    '```',
    '\u202e',
    '\u0000',
    '\ud800',
    'javascript:alert(1)',
    'https://x.example/?a=1',
  ),
  fc.constantFrom(
    'a,b\n1,2',
    '| a | b |\n| - | - |\n| 1 | 2 |',
    '[{"a":1},{"b":[2]}]',
    '{"rows":[]}',
    'iVBORw0KGgo=',
    'JVBERi0xLjc=',
    '[1',
    '0\n',
  ),
  fc
    .tuple(
      fc.constantFrom('a', ' ', '\n', '[', '{"a":', '|', 'A0a', '"', '\\', '🙂', '-'),
      fc.integer({ min: 1, max: 3_000 }),
    )
    .map(([text, count]) => text.repeat(count)),
)
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    word,
    fc.constantFrom(null, true, 0, -0.5, 1e21, 8_472_619),
    fc.array(tie('value'), { maxLength: 8 }),
    fc.dictionary(
      fc.oneof(word, fc.constantFrom('rows', 'data', '__proto__', 'constructor', 'length', 'name')),
      tie('value'),
      { maxKeys: 6 },
    ),
  ),
}))
const rows = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: 120 }), anything)
  .map(([columns, count, cell]) =>
    Array.from({ length: count }, (_, row) =>
      Object.fromEntries(columns.map((column, index) => [column, (row + index) % 3 === 0 ? cell : row])),
    ),
  )
const deep = fc.integer({ min: 1, max: 1_000 }).map((depth) => {
  let value: unknown = SECRET
  for (let at = 0; at < depth; at++) value = at % 2 ? [value] : { a: value }
  return value
})
const field = fc.oneof({ weight: 4, arbitrary: word }, { weight: 1, arbitrary: anything })
const part = fc.oneof(
  fc.record(
    {
      type: fc.oneof(fc.constantFrom('text', 'image', 'audio', 'resource_link', 'resource', 'tool_use'), anything),
      text: fc.oneof(
        field,
        rows.map((value) => JSON.stringify(value)),
      ),
      data: field,
      mimeType: fc.oneof(fc.constantFrom('image/png', 'text/plain', 'application/json', 'text/csv'), field),
      uri: field,
      name: field,
      title: field,
      blob: field,
      resource: fc.oneof(
        anything,
        fc.record({ uri: field, text: field, blob: field, mimeType: field }, { requiredKeys: [] }),
      ),
    },
    { requiredKeys: ['type'] },
  ),
  anything,
)
const result = fc.oneof(
  fc.record(
    {
      content: fc.oneof(fc.array(part, { maxLength: 6 }), part),
      structuredContent: fc.oneof(anything, rows, deep, fc.record({ rows })),
      isError: anything,
      _meta: anything,
    },
    { requiredKeys: [] },
  ),
  anything,
  deep,
)

const redactor = createRedactor(
  () => [SECRET],
  (text) => text,
)

/** Whatever a server answers is kept, holds no secret, and becomes messages and views that Slack takes. */
export async function mcpResults(): Promise<FuzzTarget> {
  return createTarget(result, async (given) => {
    const { failed, content, structured } = readToolResult(given, redactor)
    const shaped = await shapeResult(CALL, content, structured)
    const kept = JSON.stringify(shaped)
    if (kept.includes(SECRET)) throw new Error(`the secret is kept: ${kept}`)
    if (stringsIn(shaped).some((text) => text.includes('\0') || !text.isWellFormed()))
      throw new Error('Postgres cannot keep it')
    const returned = {
      type: 'returned' as const,
      call: 'a',
      outcome: failed ? ('error' as const) : ('ok' as const),
      ms: 1,
      at,
      ...shaped,
    }
    const state = stateOf(replied(['a']), judged('a', 'allow'), called('a'), returned)
    for (const { content: message } of resultMessages(state)) expectNone(checkMessage(message), message)
    for (const { name } of resultFiles(state))
      if (name === '' || /[/\\]/.test(name)) throw new Error(`a file called "${name}"`)
    const view = runDetailsModal({ state, visibility: { calls: state.calls, whole: true }, page: 0, reader: ada })
    expectNone(checkView(view), view)
  })
}

function expectNone(problems: object[], shown: object): void {
  if (problems.length > 0)
    throw new Error(`Slack does not take it: ${JSON.stringify(problems)} in ${JSON.stringify(shown).slice(0, 2_000)}`)
}
