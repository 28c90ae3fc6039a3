import { MARKDOWN_START, readMarkdownLine } from './scan-markdown.ts'

/** Code, in which nothing is a link. */
const CODE = String.raw`(?<!\x60)(?<ticks>\x60+)(?!\x60)(?:[^\n]|\n(?!\s*\n))*?(?<!\x60)\k<ticks>(?!\x60)`
/** A label may hold pairs of brackets, as a picture in a link does. */
const LABEL = String.raw`(?<!\\)\[(?<label>(?:\\.|[^[\]\\]|\[(?:\\.|[^[\]\\])*\])*)\]`
const ADDRESS = String.raw`(?:<(?<quoted>[^<>\n]*)>|(?<bare>(?:[^\s()<\\]|\\.|\((?:[^\s()\\]|\\.)*\))+))`
const TITLE = String.raw`(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?`
const LINK = new RegExp(`${CODE}|${LABEL}(?:\\(\\s*${ADDRESS}${TITLE}\\s*\\)|\\[(?<id>[^\\]\\n]*)\\])`, 'g')
const DEFINITION = /^ {0,3}\[([^\]\n]+)\]:\s*<?([^\s<>]+)/gm
/** Slack's own form. */
const LABELLED = /<(https?:[^\s|<>]+)\|([^<>\n]*)>/g
const PARTIAL_LABELLED = /<[a-z]*$|<https?:[^\s|<>]*(?:\|[^<>\n]*)?$/
const HOST = /[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u
/** Of an address without a host. */
const MOST_SHOWN = 60

/**
 * Untrusted Markdown in which each link says where it leads: behind a label that does not begin with the address's host, the host stands in
 * brackets. While the text grows, what more words could change is left out or left as it is.
 */
export function revealLinks(markdown: string, isGrowing = false): string {
  const text = isGrowing ? markdown.replace(PARTIAL_LABELLED, '') : markdown
  const ids = isGrowing ? new Map<string, string>() : definitionsIn(text)
  return partsOf(text)
    .map(({ lines, isCode }) => (isCode ? lines : lines.replace(LABELLED, '[$2]($1)').replace(LINK, withTarget(ids))))
    .join('')
}

const definitionsIn = (text: string): Map<string, string> =>
  new Map([...text.matchAll(DEFINITION)].map(([, id = '', address = '']) => [id.toLowerCase(), address]))

/** Runs of lines that are inside of a fence, or outside. */
function partsOf(text: string): { lines: string; isCode: boolean }[] {
  const parts: { lines: string; isCode: boolean }[] = []
  let place = MARKDOWN_START
  for (const line of text.split(/(?<=\n)/)) {
    const wasCode = place.fence !== undefined
    place = readMarkdownLine(place, line.replace(/\n$/, ''))
    const isCode = wasCode || place.fence !== undefined
    const last = parts.at(-1)
    if (last?.isCode === isCode) last.lines += line
    else parts.push({ lines: line, isCode })
  }
  return parts
}

function withTarget(ids: Map<string, string>) {
  return (whole: string, ...rest: unknown[]): string => {
    const { label, quoted, bare, id } = namedGroupsOf(rest.at(-1))
    if (label === undefined) return whole
    const address = quoted ?? bare ?? ids.get((id || label).toLowerCase())
    const target = address === undefined ? '' : targetOf(address)
    return target === '' || target === shownTargetIn(label) ? whole : `${whole} (${target})`
  }
}

function namedGroupsOf(groups: unknown): Record<string, string | undefined> {
  return typeof groups === 'object' && groups !== null ? Object.fromEntries(Object.entries(groups)) : {}
}

/** The host of a web address; any other address as it is. */
function targetOf(address: string): string {
  const plain = address.replace(/\\(?=[!-/:-@[-`{-~])/g, '')
  const url = URL.canParse(plain) ? new URL(plain) : undefined
  if (url === undefined) return ''
  if (url.host !== '') return url.host
  return url.protocol === 'mailto:' ? url.pathname : url.href.slice(0, MOST_SHOWN)
}

/** The host or mail address that a label begins with, as it would be read. */
function shownTargetIn(label: string): string | undefined {
  const plain = label.replace(/[*_~`]/g, '').trim()
  const [address] = /^[^\s@]+@[^\s@]+$/.exec(plain) ?? []
  if (address !== undefined) return address
  const written = /^(?:https?:\/\/)?([^\s/?#]+)/i.exec(plain)?.[1] ?? ''
  return HOST.test(written) || /:\d+$/.test(written) ? written.toLowerCase() : undefined
}
