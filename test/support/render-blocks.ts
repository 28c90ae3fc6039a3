import { z } from 'zod'

const Text = z.union([z.string(), z.looseObject({ text: z.string() }).transform(({ text }) => text)])
const Option = z.looseObject({ text: Text, value: z.string() })
const Confirm = z.looseObject({ title: Text, text: Text, confirm: Text })
const Node = z.looseObject({
  type: z.string(),
  get elements() {
    return z.array(Node).optional()
  },
  text: Text.optional(),
  style: z.unknown().optional(),
  user_id: z.string().optional(),
  channel_id: z.string().optional(),
  url: z.string().optional(),
})
type Node = z.infer<typeof Node>
const Element = z.looseObject({
  type: z.string(),
  action_id: z.string().optional(),
  text: Text.optional(),
  value: z.string().optional(),
  style: z.string().optional(),
  url: z.string().optional(),
  accessibility_label: z.string().optional(),
  confirm: Confirm.optional(),
  placeholder: Text.optional(),
  options: z.array(Option).optional(),
  option_groups: z.array(z.looseObject({ label: Text, options: z.array(Option) })).optional(),
  positive_button: z.looseObject({ text: Text, value: z.string() }).optional(),
  negative_button: z.looseObject({ text: Text, value: z.string() }).optional(),
})
type Element = z.infer<typeof Element>
const Block = z.looseObject({
  type: z.string(),
  block_id: z.string().optional(),
  text: Text.optional(),
  title: Text.optional(),
  level: z.string().optional(),
  status: z.string().optional(),
  label: Text.optional(),
  hint: Text.optional(),
  optional: z.boolean().optional(),
  fields: z.array(Text).optional(),
  accessory: Element.optional(),
  element: Element.optional(),
  elements: z.array(z.unknown()).optional(),
  tasks: z.array(z.unknown()).optional(),
  details: Node.optional(),
  output: Node.optional(),
  rows: z.array(z.array(z.looseObject({ type: z.string(), text: Text.optional() }))).optional(),
  caption: Text.optional(),
})
type Block = z.infer<typeof Block>
const Shown = z.looseObject({
  type: z.enum(['modal', 'home']).optional(),
  key: z.string().optional(),
  callback_id: z.string().optional(),
  title: Text.optional(),
  submit: Text.optional(),
  close: Text.optional(),
  private_metadata: z.string().optional(),
  text: z.string().optional(),
  blocks: z.array(Block),
})
type Shown = z.infer<typeof Shown>

/** A message, modal or Home tab as text to review: a line for its head, then a line for each block. Pure. */
function renderBlocks(shown: unknown): string {
  const parsed = Shown.parse(shown)
  return [headOf(parsed), ...parsed.blocks.flatMap(linesOf)].join('\n')
}

/** Longer ones are there for Slack's limits, and nobody reads them. */
const MOST_JSON_CHARS = 14_000

/** Each under its name, but for those that are too long to review. */
export const renderAll = (named: Record<string, unknown>): string =>
  Object.entries(named)
    .filter(([, shown]) => JSON.stringify(shown).length <= MOST_JSON_CHARS)
    .map(([name, shown]) => `=== ${name}\n${[shown].flat().map(renderBlocks).join('\n')}\n`)
    .join('\n')

const MOST_CHARS = 300

/** On one line, and not longer than a person reads. */
function oneLine(text: string): string {
  const line = text.replaceAll('\n', ' ⏎ ')
  const chars = [...line]
  return chars.length <= MOST_CHARS ? line : `${chars.slice(0, MOST_CHARS).join('')}… (${chars.length} characters)`
}

const said = (words: (string | false | undefined)[]): string => words.filter(Boolean).join(' ')

function headOf({ type, key, callback_id: id, title, submit, close, private_metadata: keep, text }: Shown): string {
  if (type === undefined) return said(['message', key && `(${key})`, oneLine(text ?? '')])
  const buttons = [close, submit].filter((one) => one !== undefined)
  return said([
    type,
    id,
    title && `"${title}"`,
    buttons.length > 0 && `[${buttons.join('] [')}]`,
    keep && oneLine(keep),
  ])
}

const LINES: Record<string, (block: Block) => string> = {
  header: ({ text }) => `# ${text}`,
  divider: () => '---',
  section: ({ text, fields = [], accessory }) =>
    said([oneLine([text, ...fields].filter(Boolean).join(' | ')), accessory && elementLine(accessory)]),
  context: ({ elements = [] }) => `~ ${elements.map((one) => oneLine(Node.parse(one).text ?? '')).join(' | ')}`,
  actions: ({ elements = [] }) => elements.map((one) => elementLine(Element.parse(one))).join('  '),
  context_actions: ({ elements = [] }) => elements.map((one) => elementLine(Element.parse(one))).join('  '),
  input: ({ block_id, label, hint, optional, element }) =>
    said([
      `${oneLine(label ?? '')}${optional ? '' : ' *'} (${block_id})`,
      element && elementLine(element),
      hint && `// ${oneLine(hint)}`,
    ]),
  rich_text: (block) => oneLine(richText(Node.parse(block))),
  markdown: ({ text = '' }) => `[markdown] ${oneLine(text)}`,
  alert: ({ text = '', level }) => `[alert ${level}] ${oneLine(text)}`,
  task_card: ({ status, title = '', details, output }) =>
    said([
      `[task ${status}] ${oneLine(title)}`,
      ...[details, output].map((one) => one && `// ${oneLine(richText(one))}`),
    ]),
  plan: ({ title }) => `[plan] ${title}`,
  data_table: ({ caption, rows = [] }) =>
    `[table] ${said([caption])}: ${rows.map((row) => row.map((cell) => cell.text ?? '').join(' | ')).join(' ⏎ ')}`,
}

function linesOf(block: Block): string[] {
  const line = LINES[block.type]
  if (line === undefined) throw new Error(`there is no rendering of a block of type ${block.type}`)
  return [line(block), ...(block.tasks ?? []).flatMap((task) => linesOf(Block.parse(task)).map((one) => `  ${one}`))]
}

function richText({ type, elements, text, user_id: user, channel_id: channel, url }: Node): string {
  if (elements === undefined) return text ?? url ?? (user && `@${user}`) ?? (channel && `#${channel}`) ?? `(${type})`
  const inner = elements.map(richText)
  if (type === 'rich_text_preformatted') return `\`\`\`${inner.join('')}\`\`\``
  return inner.join(type === 'rich_text' || type === 'rich_text_list' ? '\n' : '')
}

/** What is not said by an element's own words. */
const TOLD = new Set(['type', 'action_id', 'text', 'value', 'style', 'url', 'accessibility_label', 'confirm'])
const LISTED = new Set([...TOLD, 'options', 'option_groups', 'positive_button', 'negative_button', 'placeholder'])

function elementLine(element: Element): string {
  const { type, action_id: id, text, value, style, url, confirm, accessibility_label: label, placeholder } = element
  const rest = Object.entries(element)
    .filter(([name]) => !LISTED.has(name))
    .sort(([a], [b]) => a.localeCompare(b))
  return said([
    `[${said([type, style])}]`,
    text,
    feedbackWords(element),
    id && `→ ${oneLine(id)}`,
    value && `= ${oneLine(value)}`,
    url && `<${oneLine(url)}>`,
    ...rest.map(([name, given]) => `${name}=${oneLine(saidOf(given))}`),
    optionWords(element),
    placeholder && `"${placeholder}"`,
    label && `(says: ${oneLine(label)})`,
    confirm && `(asks: ${oneLine(`${confirm.title} ${confirm.text}`)} [${confirm.confirm}])`,
  ])
}

function feedbackWords({ positive_button: good, negative_button: bad }: Element): string | undefined {
  return good && bad && `${good.text} = ${good.value} / ${bad.text} = ${bad.value}`
}

const optionsLine = (options: z.infer<typeof Option>[]): string =>
  options.map(({ text, value }) => `${text}=${value}`).join(', ')

function optionWords({ options, option_groups: groups }: Element): string | undefined {
  if (groups) return `{ ${groups.map(({ label, options: of }) => `${label}: ${optionsLine(of)}`).join('; ')} }`
  return options && `{ ${optionsLine(options)} }`
}

/** The value of an option, or anything else as JSON. */
function saidOf(given: unknown): string {
  const one = Option.safeParse(given)
  if (one.success) return one.data.value
  const several = z.array(Option).safeParse(given)
  return several.success ? several.data.map(({ value }) => value).join(',') : JSON.stringify(given)
}
