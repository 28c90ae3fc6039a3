import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { type InlineSyntax, renderEmoji, renderInline, renderLink, renderReference, unescapeText } from './inline.ts'

/** Slack's own markup (docs.slack.dev/messaging/formatting-message-text). */
const MRKDWN: InlineSyntax = {
  pattern:
    /`(?<code>[^`\n]+)`|<(?<ref>[^<>\n]+)>|(?<url>\bhttps?:\/\/[^\s<>|]*[^\s<>|.,:;!?'")\]}*_~`])|(?<![\w*])\*(?<bold>\S|\S[^\n*]*?\S)\*(?![\w*])|(?<![\w_])_(?<italic>\S|\S[^\n_]*?\S)_(?![\w_])|(?<![\w~])~(?<strike>\S|\S[^\n~]*?\S)~(?![\w~])|:(?<emoji>[a-z0-9_+-]+):|(?<plain>&(?:amp|lt|gt);)|(?<line>\n)/g,
  rules: {
    code: (found) => html`<code>${unescapeText(found)}</code>`,
    ref: renderReference,
    url: (found) => renderLink(unescapeText(found), unescapeText(found)),
    bold: (found, language) => html`<strong>${renderInline(found, language)}</strong>`,
    italic: (found, language) => html`<em>${renderInline(found, language)}</em>`,
    strike: (found, language) => html`<s>${renderInline(found, language)}</s>`,
    emoji: renderEmoji,
    plain: unescapeText,
    line: () => html`<br />`,
  },
}

export function renderMrkdwn(text: string): ComponentChildren {
  return text.split(/```\n?([\s\S]*?)\n?```/).map((part, index) => (index % 2 === 1 ? pre(part) : quoted(part)))
}

const pre = (code: string) => html`<pre tabindex="0"><code>${unescapeText(code)}</code></pre>`

/** Lines that begin with `>` become one quote. */
function quoted(text: string): ComponentChildren {
  const pieces: { quote: boolean; lines: string[] }[] = []
  for (const line of text.replace(/^\n|\n$/g, '').split('\n')) {
    const quote = /^(&gt;|>)/.test(line)
    const last = pieces.at(-1)
    const words = quote ? line.replace(/^(&gt;|>) ?/, '') : line
    if (last?.quote === quote) last.lines.push(words)
    else pieces.push({ quote, lines: [words] })
  }
  return pieces.map(({ quote, lines }) => {
    const inside = renderInline(lines.join('\n'), MRKDWN)
    return quote ? html`<blockquote>${inside}</blockquote>` : inside
  })
}

/** Plain text has no markup but emoji names. */
const PLAIN: InlineSyntax = {
  pattern: /:(?<emoji>[a-z0-9_+-]+):|(?<line>\n)/g,
  rules: { emoji: renderEmoji, line: () => html`<br />` },
}

export const renderPlainText = (text: string): ComponentChildren => renderInline(text, PLAIN)
