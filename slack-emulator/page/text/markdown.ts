import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { type InlineSyntax, renderEmoji, renderInline, renderLink, renderReference } from './inline.ts'
import { type Chunk, chunksOf, type Item } from './markdown-blocks.ts'

const linkParts = /^\[([\s\S]*)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)[^)]*\)$/

/** What may stand in a line of Markdown as models write it. */
const INLINE: InlineSyntax = {
  pattern:
    /\\(?<escaped>[\\`*_{}[\]()#+\-.!~|<>])|``(?<code2>[^\n]+?)``|`(?<code>[^`\n]+)`|!?(?<link>\[[^[\]]*\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+"[^"]*")?\))|\*\*(?<bold>\S|\S[\s\S]*?\S)\*\*(?!\*)|(?<!\w)__(?<bold2>\S|\S[\s\S]*?\S)__(?!\w)|(?<!\w)\*(?<italic>[^\s*]|[^\s*][^*]*?[^\s*])\*(?!\w)|(?<!\w)_(?<italic2>[^\s_]|[^\s_][^_]*?[^\s_])_(?!\w)|~~(?<strike>\S|\S[\s\S]*?\S)~~|<(?<ref>[@#!][^<>\s]+|https?:\/\/[^<>\s]+)>|(?<bare>https?:\/\/[^\s<>()]*[^\s<>().,;:!?'"*_])|(?<![\w:]):(?<emoji>[a-z][a-z0-9_+-]*):|(?<line> {2,}\n|\n)/g,
  rules: {
    escaped: (found) => found,
    code2: (found) => html`<code>${found.trim()}</code>`,
    code: (found) => html`<code>${found}</code>`,
    link: (found, language) => {
      const [, label = '', url = ''] = linkParts.exec(found) ?? []
      return renderLink(url, label === '' ? url : renderInline(label, language))
    },
    bold: (found, language) => html`<strong>${renderInline(found, language)}</strong>`,
    bold2: (found, language) => html`<strong>${renderInline(found, language)}</strong>`,
    italic: (found, language) => html`<em>${renderInline(found, language)}</em>`,
    italic2: (found, language) => html`<em>${renderInline(found, language)}</em>`,
    strike: (found, language) => html`<s>${renderInline(found, language)}</s>`,
    ref: renderReference,
    bare: (found) => renderLink(found, found),
    emoji: renderEmoji,
    line: () => html`<br />`,
  },
}

const words = (text: string): ComponentChildren => renderInline(text, INLINE)

/** Markdown as elements; text that is still arriving reads well too. */
export const renderMarkdown = (text: string): ComponentChildren => chunksOf(text).map(paint)

function paint(chunk: Chunk): ComponentChildren {
  switch (chunk.kind) {
    case 'code':
      return html`<pre tabindex="0"><code>${chunk.text}</code></pre>`
    case 'heading':
      return html`<p class=${`md-heading md-h${chunk.level}`}>${words(chunk.text)}</p>`
    case 'rule':
      return html`<hr />`
    case 'quote':
      return html`<blockquote>${renderMarkdown(chunk.text)}</blockquote>`
    case 'list':
      return list(chunk.ordered, chunk.start, chunk.items)
    case 'table':
      return table(chunk.head, chunk.rows)
    case 'words':
      return html`<p>${words(chunk.text)}</p>`
    default:
      return chunk satisfies never
  }
}

function list(ordered: boolean, start: number, items: Item[]): ComponentChildren {
  const inside = items.map(
    (item) =>
      html`<li class=${item.checked === undefined ? undefined : 'is-task'}>${taskMark(item)}${words(item.text)}${item.below === '' ? '' : renderMarkdown(item.below)}</li>`,
  )
  return ordered ? html`<ol start=${start}>${inside}</ol>` : html`<ul>${inside}</ul>`
}

const taskMark = ({ checked, text }: Item) =>
  checked === undefined ? '' : html`<input type="checkbox" disabled checked=${checked} aria-label=${text} /> `

function table(head: string[], rows: string[][]): ComponentChildren {
  return html`<div class="table-frame" tabindex="0" role="group" aria-label="Table"><table>
    <thead><tr>${head.map((cell) => html`<th scope="col">${words(cell)}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${words(cell)}</td>`)}</tr>`)}</tbody>
  </table></div>`
}
