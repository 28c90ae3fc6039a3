import fc from 'fast-check'
import { checkMessage } from '../../src/block-kit/check-message.ts'
import { checkView } from '../../src/block-kit/check-view.ts'
import { isAppError } from '../../src/errors.ts'
import type { FormField } from '../../src/mcp/elicitation/form-field.ts'
import { readFormSchema } from '../../src/mcp/elicitation/read-form-schema.ts'
import { createRedactor } from '../../src/mcp/protocol/redactor.ts'
import { editArgumentsModal, readTypedArguments } from '../../src/slack/approvals/edit-arguments-form.ts'
import { fieldTextsIn, ModalState } from '../../src/slack/blocks/modal-fields.ts'
import { noSuchCommandMessage } from '../../src/slack/commands/help-message.ts'
import { tokenize } from '../../src/slack/commands/mcp-command.ts'
import { fieldProblemsIn, readSubmittedForm } from '../../src/slack/elicitation/elicitation-form.ts'
import { readConnectors, readWorkspaceRule } from '../../src/slack/rules/workspace-rule-form.ts'
import { judged, replied, stateOf } from '../run/states.ts'
import { createTarget, type FuzzTarget, jsonOf } from './target.ts'

const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'path',
    'content',
    '__proto__',
    'constructor',
    'rule',
    'calls',
    'card',
    'who',
    'arguments as json',
  ),
  fc.string({ maxLength: 8 }),
)
const word = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    'true',
    '-0',
    '1e999',
    '1,5',
    '{',
    '{"a":1}',
    '[]',
    '{"__proto__":{"x":1}}',
    'constructor',
    '__proto__',
    'toString',
    'deny',
    'all',
    '\u0000',
    'x'.repeat(5_000),
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
)
const odd = fc.oneof(word, fc.jsonValue({ maxDepth: 2 }))
const field = fc.record(
  {
    value: odd,
    selected_option: fc.oneof(fc.record({ value: odd }), odd),
    selected_options: fc.oneof(fc.array(fc.record({ value: odd }), { maxLength: 3 }), odd),
    selected_date: odd,
    selected_conversation: odd,
    selected_date_time: fc.oneof(fc.integer(), fc.double(), odd),
  },
  { requiredKeys: [] },
)
const blockId = fc.oneof(
  name,
  fc.nat(4).map((at) => `field ${at}`),
)
const state = fc.dictionary(
  blockId,
  fc.oneof({ weight: 5, arbitrary: fc.dictionary(name, field, { maxKeys: 2 }) }, { weight: 1, arbitrary: odd }),
  { maxKeys: 6 },
)
const property = fc.record(
  {
    type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'array', 'object', 7),
    title: word,
    description: word,
    enum: fc.array(odd, { maxLength: 4 }),
    minLength: fc.integer(),
    maxLength: fc.integer(),
    minimum: fc.double(),
    format: fc.constantFrom('email', 'uri', 'date', 'date-time', 'x'),
    items: fc.record({ enum: fc.array(word, { maxLength: 3 }) }),
    default: odd,
  },
  { requiredKeys: [] },
)
const schema = fc.record({
  type: fc.constant('object'),
  properties: fc.dictionary(name, property, { maxKeys: 5 }),
  required: fc.array(name, { maxLength: 3 }),
})

const inputs = fc.record({
  state,
  schema,
  given: fc.dictionary(
    name,
    fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value))),
    { maxKeys: 4 },
  ),
})

/** What is sent in a form is read, or it is said what is wrong with it, whatever it holds; forms of any schema are ones that Slack takes. */
export async function modalState(): Promise<FuzzTarget> {
  return createTarget(inputs, ({ state: sent, schema: promised, given }) => {
    const [call] = stateOf(replied(['a']), judged('a', 'ask')).calls
    if (call === undefined) throw new Error('there is no call')
    const asked = { ...call, schema: jsonOf(promised), arguments: jsonOf(given) }
    expectNone(checkView(editArgumentsModal(asked, {})))
    const read = ModalState.safeParse(sent)
    if (!read.success) return
    const typed = fieldTextsIn(read.data)
    const edited = readTypedArguments(asked, typed)
    if (edited.ok) JSON.stringify(edited.arguments)
    readWorkspaceRule(typed)
    readConnectors(typed)
    const fields = formFieldsOf(promised)
    readSubmittedForm(fields, read.data)
    fieldProblemsIn(fields, read.data)
  })
}

const redactor = createRedactor(
  () => [],
  (text) => text,
)

/** None of a form that cannot be shown, which is said in the house's own words. */
function formFieldsOf(asked: unknown): FormField[] {
  try {
    return readFormSchema(asked, redactor)
  } catch (error) {
    if (!isAppError(error)) throw error
    return []
  }
}

const commandLine = fc.array(
  fc.oneof(
    fc.constantFrom(
      'connect',
      'disconnect',
      'rules',
      '"',
      '“',
      '’',
      "'",
      '<@U1|a>',
      '<!channel>',
      '<https://a|b>',
      ' ',
      '\n',
      '`',
      '*',
      '?',
      '\u0000',
      '\u202e',
      'x'.repeat(4_000),
    ),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  ),
  { maxLength: 12 },
)

/** Every text after `/mcp` is words, and the answer to words that are no command is one that Slack takes. */
export async function commandWords(): Promise<FuzzTarget> {
  return createTarget(commandLine, (parts) => {
    const text = parts.join('')
    const words = tokenize(text)
    if (words.some((one) => one === '')) throw new Error('an empty word')
    for (const corrected of [undefined, { words: words.join(' '), shown: text }])
      expectNone(checkMessage(noSuchCommandMessage(text, corrected)))
  })
}

function expectNone(problems: object[]): void {
  if (problems.length > 0) throw new Error(`Slack does not take it: ${JSON.stringify(problems)}`)
}
