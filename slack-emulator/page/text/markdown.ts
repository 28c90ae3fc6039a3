import { html } from 'htm/preact'
import { lexer, type MarkedToken, type Token, type Tokens } from 'marked'
import type { ComponentChildren } from 'preact'
import { type InlineSyntax, renderEmoji, renderInline, renderLink, renderReference, unescapeText } from './inline.ts'

/** Renders the text of a `markdown` block (docs.slack.dev/reference/block-kit/blocks/markdown-block); HTML in it is shown as text. */
export const renderMarkdown = (text: string): ComponentChildren =>
  renderTokens(lexer(text, { gfm: true, breaks: true }))

const renderTokens = (tokens: Token[]): ComponentChildren[] =>
  tokens.map((token) => (isStandard(token) ? renderToken(token) : token.raw))

/** Only extensions of marked make other types. */
const STANDARD = new Set(
  'blockquote br checkbox code codespan def del em escape heading hr html image link list list_item paragraph space strong table text'.split(
    ' ',
  ),
)
const isStandard = (token: Token): token is MarkedToken => STANDARD.has(token.type)

function renderToken(token: MarkedToken): ComponentChildren {
  switch (token.type) {
    case 'text':
      return token.tokens === undefined ? renderInline(token.text, SLACK) : renderTokens(token.tokens)
    case 'paragraph':
      return html`<p>${renderTokens(token.tokens)}</p>`
    case 'heading':
      return html`<p class=${`md-heading md-h${token.depth}`}>${renderTokens(token.tokens)}</p>`
    case 'blockquote':
      return html`<blockquote>${renderTokens(token.tokens)}</blockquote>`
    case 'strong':
      return html`<strong>${renderTokens(token.tokens)}</strong>`
    case 'em':
      return html`<em>${renderTokens(token.tokens)}</em>`
    case 'del':
      return html`<s>${renderTokens(token.tokens)}</s>`
    case 'link':
      return renderLink(token.href, renderTokens(token.tokens))
    default:
      return renderLeaf(token)
  }
}

type Branch = 'text' | 'paragraph' | 'heading' | 'blockquote' | 'strong' | 'em' | 'del' | 'link'

function renderLeaf(token: Exclude<MarkedToken, { type: Branch }>): ComponentChildren {
  switch (token.type) {
    case 'list':
      return renderList(token)
    case 'list_item':
      return renderItem(token)
    case 'table':
      return renderTable(token)
    case 'code':
      return html`<pre tabindex="0"><code>${token.text}</code></pre>`
    case 'codespan':
      return html`<code>${token.text}</code>`
    case 'checkbox':
      return html`<input type="checkbox" disabled checked=${token.checked} aria-label="Task" /> `
    // Slack shows an image of a markdown block as a link.
    case 'image':
      return renderLink(token.href, token.text || token.href)
    case 'html':
      return token.block ? html`<p>${token.text.trim()}</p>` : token.text
    case 'escape':
      return token.text
    case 'hr':
      return html`<hr />`
    case 'br':
      return html`<br />`
    case 'space':
    case 'def':
      return ''
    default:
      return token satisfies never
  }
}

/** What Slack adds to Markdown: mentions, channels and dates in angle brackets, and emoji names. */
const SLACK: InlineSyntax = {
  pattern: /<(?<ref>[@#!][^<>\n]+)>|(?<![\w:]):(?<emoji>[a-z][a-z0-9_+-]*):|(?<plain>&(?:amp|lt|gt);)/g,
  rules: { ref: renderReference, emoji: renderEmoji, plain: unescapeText },
}

function renderList({ ordered, start, items }: Tokens.List): ComponentChildren {
  const inside = items.map(renderItem)
  return ordered ? html`<ol start=${start}>${inside}</ol>` : html`<ul>${inside}</ul>`
}

function renderItem({ task, tokens }: Tokens.ListItem): ComponentChildren {
  return html`<li class=${task ? 'is-task' : undefined}>${renderTokens(tokens)}</li>`
}

function renderTable({ header, rows }: Tokens.Table): ComponentChildren {
  return html`<div class="table-frame" tabindex="0" role="group" aria-label="Table"><table>
    <thead><tr>${header.map((cell) => html`<th scope="col" class=${alignOf(cell)}>${renderTokens(cell.tokens)}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td class=${alignOf(cell)}>${renderTokens(cell.tokens)}</td>`)}</tr>`)}</tbody>
  </table></div>`
}

const alignOf = ({ align }: Tokens.TableCell): string | undefined => (align === null ? undefined : `align-${align}`)
