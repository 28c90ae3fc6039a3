import { joinLines, listFields, type PayloadFields, textIn } from './payload-fields.ts'
import { channelText, dateText, groupText, linkText, type MessageNames, personText } from './read-mrkdwn.ts'

/** A rich text block as text: lists, quotes and code keep their shape (docs.slack.dev/reference/block-kit/blocks/rich-text-block). */
export function richTextOf(block: PayloadFields, names: MessageNames): string {
  const counts: number[] = []
  const parts = listFields(block.elements).map((element) => {
    if (element.type === 'rich_text_list') return listText(element, names, counts)
    counts.length = 0
    return partText(element, names)
  })
  return joinLines(parts)
}

function partText(part: PayloadFields, names: MessageNames): string {
  switch (part.type) {
    case 'rich_text_quote':
      return prefixLines(inlineText(part.elements, names), '> ')
    case 'rich_text_preformatted':
      return `\`\`\`\n${inlineText(part.elements, names)}\n\`\`\``
    case 'rich_text_section':
      // A section ends with the line break before what follows it.
      return inlineText(part.elements, names).replace(/\n$/, '')
    default:
      return part.elements === undefined ? inlineText([part], names) : inlineText(part.elements, names)
  }
}

const prefixLines = (text: string, first: string, others = first): string =>
  text.split('\n').join(`\n${others}`).replace(/^/, first)

/** `counts`: how far each level of a numbered list has come, as a list nested in it is an element of its own. */
function listText(list: PayloadFields, names: MessageNames, counts: number[]): string {
  const level = depthOf(list.indent)
  const offset = depthOf(list.offset)
  counts.length = Math.min(counts.length, level + 1)
  if (offset > 0) counts[level] = offset
  const lines = listFields(list.elements).map((item) => {
    const number = (counts[level] ?? 0) + 1
    counts[level] = number
    const mark = list.style === 'ordered' ? `${number}. ` : '- '
    return prefixLines(partText(item, names), '  '.repeat(level) + mark, ' '.repeat(level * 2 + mark.length))
  })
  if (list.style !== 'ordered') counts.length = Math.min(counts.length, level)
  return lines.join('\n')
}

const MOST_LEVELS = 20
const depthOf = (value: unknown): number =>
  typeof value === 'number' && value > 0 ? Math.min(Math.floor(value), MOST_LEVELS * 1_000) : 0

const inlineText = (elements: unknown, names: MessageNames): string =>
  listFields(elements)
    .map((element) => styledText(elementText(element, names), element.style))
    .join('')

function elementText(element: PayloadFields, names: MessageNames): string {
  const at = (name: string) => textIn(element, name)
  switch (element.type) {
    case 'user':
      return personText(at('user_id'), names)
    case 'usergroup':
      return groupText(at('usergroup_id'), names)
    case 'channel':
      return channelText(at('channel_id'), names)
    case 'broadcast':
      return `@${at('range') || 'channel'}`
    case 'link':
      return linkText(at('url'), at('text'))
    case 'emoji':
      return emojiText(element)
    case 'date':
      return at('fallback') || dateText(Number(element.timestamp), at('format'))
    case 'color':
      return at('value')
    case 'team':
      return 'a workspace'
    default:
      return (
        at('text') || at('name') || at('title') || at('fallback') || at('url') || inlineText(element.elements, names)
      )
  }
}

/** `unicode` is a sequence of code points such as `1f44b-1f3fd`; an emoji of the workspace has a name only. */
function emojiText(emoji: PayloadFields): string {
  const points = textIn(emoji, 'unicode').split('-')
  return points.every((point) => /^[0-9a-f]{1,6}$/i.test(point) && Number.parseInt(point, 16) <= 0x10ffff)
    ? String.fromCodePoint(...points.map((point) => Number.parseInt(point, 16)))
    : `:${textIn(emoji, 'name')}:`
}

const MARKS = [
  ['code', '`'],
  ['strike', '~'],
  ['italic', '_'],
  ['bold', '*'],
] as const

/** The marks stand at the words, not at the spaces around them. */
function styledText(text: string, style: unknown): string {
  const marks = MARKS.filter(([name]) => isSet(style, name)).map(([, mark]) => mark)
  const words = text.trim()
  if (words === '' || words.includes('\n')) return text
  const start = text.length - text.trimStart().length
  const marked = marks.reduce((inner, mark) => `${mark}${inner}${mark}`, words)
  return text.slice(0, start) + marked + text.slice(start + words.length)
}

const isSet = (style: unknown, name: string): boolean =>
  typeof style === 'object' &&
  style !== null &&
  Object.entries(style).some(([key, value]) => key === name && value === true)
