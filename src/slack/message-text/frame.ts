/** What somebody else wrote, in a message of another. */
export type QuotedKind = 'forwarded_message' | 'linked_message' | 'link_preview'

const KINDS: QuotedKind[] = ['forwarded_message', 'linked_message', 'link_preview']
const MARK = new RegExp(`<(?=\\s*/?\\s*(?:${KINDS.join('|')})\\b)`, 'gi')

/** A text in which nothing begins or ends a frame. */
export const withoutFrames = (text: string): string => text.replace(MARK, '‹')

/** Somebody else's words, marked as theirs; nothing in them ends the frame. */
export function quotedText(kind: QuotedKind, said: { [attribute: string]: string }, text: string): string {
  const attributes = Object.entries(said)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => ` ${name}=${JSON.stringify(value.replace(/\s+/g, ' '))}`)
  return `<${kind}${withoutFrames(attributes.join(''))}>\n${withoutFrames(text)}\n</${kind}>`
}
