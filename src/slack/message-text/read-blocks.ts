import { isPayloadFields, joinLines, listFields, type PayloadFields, textIn } from './payload-fields.ts'
import { type MessageNames, mrkdwnTextOf, unescapeEntities } from './read-mrkdwn.ts'
import { richTextOf } from './read-rich-text.ts'
import { tableTextOf } from './read-table.ts'

/** The words of a message's blocks as a person reads them. Blocks that are not known keep what words are in them. */
export const blocksTextOf = (blocks: unknown, names: MessageNames): string =>
  joinLines(listFields(blocks).map((block) => blockText(block, names)))

type Reader = (block: PayloadFields, names: MessageNames) => string

const READERS: Record<string, Reader> = {
  rich_text: richTextOf,
  section: (block, names) =>
    joinLines([objectText(block.text, names), fieldsText(block.fields, names), accessoryText(block.accessory, names)]),
  header: ({ text }, names) => objectText(text, names),
  context: ({ elements }, names) =>
    listFields(elements)
      .map((element) => (element.type === 'image' ? imageText(element, names) : objectText(element, names)))
      .filter(Boolean)
      .join(' '),
  image: (block, names) => imageText(block, names),
  video: (block, names) =>
    joinLines([
      `[video: ${linkedText(objectText(block.title, names) || textIn(block, 'alt_text'), textIn(block, 'title_url') || textIn(block, 'video_url'))}]`,
      textIn(block, 'author_name'),
      objectText(block.description, names),
    ]),
  actions: ({ elements }, names) => buttonsText(listFields(elements), names),
  context_actions: () => '',
  divider: () => '',
  // The files of a message are named beside its words.
  file: () => '',
  input: (block, names) => objectText(block.label, names),
  markdown: (block) => textIn(block, 'text'),
  table: (block, names) => tableTextOf(block, (cell) => cellText(cell, names)),
  data_table: (block, names) =>
    joinLines([textIn(block, 'caption'), tableTextOf(block, (cell) => cellText(cell, names))]),
  alert: ({ text }, names) => objectText(text, names),
  card: (block, names) =>
    joinLines([
      ...['title', 'subtitle', 'body'].map((name) => objectText(block[name], names)),
      isPayloadFields(block.hero_image) ? imageText(block.hero_image, names) : '',
      buttonsText(listFields(block.actions), names),
    ]),
  carousel: ({ elements }, names) => blocksTextOf(elements, names),
  container: (block, names) =>
    joinLines([
      isPayloadFields(block.rich_text_title)
        ? richTextOf(block.rich_text_title, names)
        : objectText(block.title, names),
      objectText(block.subtitle, names),
      blocksTextOf(block.child_blocks, names),
    ]),
  plan: (block, names) => joinLines([objectText(block.title, names), blocksTextOf(block.tasks, names)]),
  task_card: (block, names) =>
    joinLines([
      `${objectText(block.title, names)}${block.status === undefined ? '' : ` (${textIn(block, 'status').replace('_', ' ')})`}`,
      objectText(block.details, names),
      objectText(block.output, names),
      joinLines(listFields(block.sources).map((source) => linkedText(textIn(source, 'text'), textIn(source, 'url')))),
    ]),
}

const READER_OF = new Map(Object.entries(READERS))

const blockText = (block: PayloadFields, names: MessageNames): string =>
  (READER_OF.get(textIn(block, 'type')) ?? otherText)(block, names)

/** A text object, a rich text block, or a plain string. */
function objectText(value: unknown, names: MessageNames): string {
  if (typeof value === 'string') return mrkdwnTextOf(value, names)
  if (!isPayloadFields(value)) return ''
  if (value.type === 'rich_text') return richTextOf(value, names)
  return value.type === 'mrkdwn' ? mrkdwnTextOf(textIn(value, 'text'), names) : unescapeEntities(textIn(value, 'text'))
}

const fieldsText = (fields: unknown, names: MessageNames): string =>
  joinLines(listFields(fields).map((field) => objectText(field, names).replace(/(?<=:[*_]{0,3})\s*\n\s*/, ' ')))

function imageText(image: PayloadFields, names: MessageNames): string {
  const [title, alt] = [objectText(image.title, names), textIn(image, 'alt_text')]
  const words = [title, alt].filter((word, index, all) => word !== '' && all.indexOf(word) === index)
  return words.length === 0 ? '' : `[image: ${words.join(', ')}]`
}

const accessoryText = (accessory: unknown, names: MessageNames): string => {
  if (!isPayloadFields(accessory)) return ''
  return accessory.type === 'image' ? imageText(accessory, names) : buttonsText([accessory], names)
}

/** What can be pressed or chosen, where its label carries words. */
export function buttonsText(elements: PayloadFields[], names: MessageNames): string {
  const labels = elements.flatMap((element) => {
    const label = objectText(element.text ?? element.placeholder, names)
    return /[\p{L}\p{N}]/u.test(label) ? [linkedText(label, textIn(element, 'url'))] : []
  })
  return labels.length === 0 ? '' : `[buttons: ${labels.join(', ')}]`
}

export const linkedText = (label: string, url: string): string =>
  url === '' || label === url ? label || url : `${label} (${url})`

const cellText = (cell: PayloadFields, names: MessageNames): string =>
  cell.type === 'rich_text' ? richTextOf(cell, names) : textIn(cell, 'text') || textIn(cell, 'value')

/** Names of fields that steer a block and say nothing to a reader. */
const SILENT =
  /(?:^|_)(?:type|id|ids|url|ts|style|color|icon|hash|width|height|size|level|format|token|version|team|value)$|^(?:verbatim|emoji)$/

const MOST_LEVELS = 30

/** All words in a block that is not known, in order. */
function otherText(block: PayloadFields, names: MessageNames, level = 0): string {
  if (level > MOST_LEVELS) return ''
  const parts = Object.entries(block).map(([name, value]): string => {
    if (SILENT.test(name) && typeof value === 'string') return ''
    if (typeof value === 'string' || typeof value === 'number') return mrkdwnTextOf(String(value), names)
    return insideText(value, names, level + 1)
  })
  const isLeaf = Object.values(block).every((value) => typeof value !== 'object')
  return isLeaf ? parts.filter(Boolean).join(' ') : joinLines(parts)
}

function insideText(value: unknown, names: MessageNames, level: number): string {
  if (Array.isArray(value))
    return joinLines(
      value.map((one) => (typeof one === 'string' ? mrkdwnTextOf(one, names) : insideText(one, names, level))),
    )
  if (!isPayloadFields(value)) return ''
  const type = textIn(value, 'type')
  if (type === 'mrkdwn' || type === 'plain_text') return objectText(value, names)
  return READER_OF.get(type)?.(value, names) ?? otherText(value, names, level)
}
