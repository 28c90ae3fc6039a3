import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { dateText, emoji, link } from './inline.ts'
import { Mention, RoomLink } from './mention.ts'
import { type Json, record, records, str } from './read.ts'

/** A rich_text block (docs.slack.dev/reference/block-kit/blocks/rich-text-block). */
export function RichText({ block }: { block: Json }) {
  return html`<div class="rich-text">${records(block.elements).map(part)}</div>`
}

function part(element: Json): ComponentChildren {
  const inside = () => records(element.elements).map(piece)
  switch (element.type) {
    case 'rich_text_section':
      return html`<div>${inside()}</div>`
    case 'rich_text_preformatted':
      return html`<pre tabindex="0"><code>${inside()}</code></pre>`
    case 'rich_text_quote':
      return html`<blockquote>${inside()}</blockquote>`
    case 'rich_text_list': {
      const items = records(element.elements).map((item) => html`<li>${part(item)}</li>`)
      const depth = `indent-${str(element.indent) || '0'}`
      return element.style === 'ordered'
        ? html`<ol class=${depth}>${items}</ol>`
        : html`<ul class=${depth}>${items}</ul>`
    }
    default:
      return html`<span class="unknown">Unknown part: ${str(element.type)}</span>`
  }
}

const PIECES: Record<string, (element: Json) => ComponentChildren> = {
  text: (element) => lines(str(element.text)),
  link: (element) => link(str(element.url), str(element.text) || str(element.url)),
  user: (element) => html`<${Mention} id=${str(element.user_id)} />`,
  channel: (element) => html`<${RoomLink} id=${str(element.channel_id)} />`,
  usergroup: (element) => html`<span class="mention">@${str(element.usergroup_id)}</span>`,
  broadcast: (element) => html`<span class="mention">@${str(element.range)}</span>`,
  emoji: (element) => emoji(str(element.name)),
  color: (element) => html`<code>${str(element.value)}</code>`,
  date: (element) => dateText(`!date^${str(element.timestamp)}^${str(element.format)}`, str(element.fallback)),
}

function piece(element: Json): ComponentChildren {
  const paint = PIECES[str(element.type)]
  if (paint === undefined) return html`<span class="unknown">Unknown part: ${str(element.type)}</span>`
  return styled(paint(element), record(element.style))
}

function styled(inside: ComponentChildren, { bold, italic, strike, code }: Json): ComponentChildren {
  let out = inside
  if (code === true) out = html`<code>${out}</code>`
  if (bold === true) out = html`<strong>${out}</strong>`
  if (italic === true) out = html`<em>${out}</em>`
  if (strike === true) out = html`<s>${out}</s>`
  return out
}

const lines = (text: string): ComponentChildren[] =>
  text.split('\n').flatMap((line, index) => (index === 0 ? [line] : [html`<br />`, line]))
