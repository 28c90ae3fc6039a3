import { domainToUnicode } from 'node:url'
import type { RichTextBlock } from '@slack/types'
import { revealInvisible } from '../../text.ts'

/** A whole URL as text with its host in bold, not as a link. */
export function linkPreviewBlock(address: string): RichTextBlock {
  const { origin, host } = new URL(address)
  const [before = '', after = ''] = [origin.slice(0, origin.length - host.length), address.slice(origin.length)]
  const plainPart = (text: string) => (text === '' ? [] : [{ type: 'text' as const, text: revealInvisible(text) }])
  const elements = [
    ...plainPart(before),
    { type: 'text' as const, text: host, style: { bold: true } },
    ...plainPart(after),
  ]
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }
}

export const linkHostOf = (address: string): string => new URL(address).host

/** Hosts with more parts than this are often made to look like another. */
const USUAL_LABELS = 4

/** Warnings about a URL, for a person to read before they open it. */
export function linkWarningsFor(address: string): string[] {
  const { hostname, port } = new URL(address)
  const labels = hostname.split('.')
  const foreign = labels.some((label) => label.startsWith('xn--'))
  const literal = /^[\d.]+$|^\[/.test(hostname)
  return [
    ...(foreign
      ? [`This name is written with letters that can look like others: it reads ${domainToUnicode(hostname)}.`]
      : []),
    ...(literal ? ['This is a bare number, not a name: you cannot see whose it is.'] : []),
    ...(port === '' ? [] : [`It uses the unusual port ${port}.`]),
    ...(!literal && labels.length > USUAL_LABELS
      ? [`Its owner is ${labels.slice(-2).join('.')}, whatever stands before that.`]
      : []),
  ]
}
