import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { type JsonRecord, readRecord, readRecords, readString } from '../state/read-json.ts'
import { renderDate, renderEmoji, renderLink } from '../text/inline.ts'
import { ChannelLink, GroupMention, Mention } from '../text/mention.ts'

/** A rich_text block (docs.slack.dev/reference/block-kit/blocks/rich-text-block). */
export function RichText({ block }: { block: JsonRecord }) {
  return html`<div class="rich-text">${readRecords(block.elements).map(part)}</div>`
}

function part(element: JsonRecord): ComponentChildren {
  const inside = () => readRecords(element.elements).map(piece)
  switch (element.type) {
    case 'rich_text_section':
      return html`<div>${inside()}</div>`
    case 'rich_text_preformatted':
      return html`<pre tabindex="0"><code>${inside()}</code></pre>`
    case 'rich_text_quote':
      return html`<blockquote>${inside()}</blockquote>`
    case 'rich_text_list': {
      const items = readRecords(element.elements).map((item) => html`<li>${part(item)}</li>`)
      const depth = `indent-${readString(element.indent) || '0'}`
      return element.style === 'ordered'
        ? html`<ol class=${depth}>${items}</ol>`
        : html`<ul class=${depth}>${items}</ul>`
    }
    default:
      return html`<span class="unknown">Unknown part: ${readString(element.type)}</span>`
  }
}

const PIECES: Record<string, (element: JsonRecord) => ComponentChildren> = {
  text: (element) => lines(readString(element.text)),
  link: (element) => renderLink(readString(element.url), readString(element.text) || readString(element.url)),
  user: (element) => html`<${Mention} id=${readString(element.user_id)} />`,
  channel: (element) => html`<${ChannelLink} id=${readString(element.channel_id)} />`,
  usergroup: (element) => html`<${GroupMention} id=${`subteam^${readString(element.usergroup_id)}`} />`,
  broadcast: (element) => html`<span class="mention">@${readString(element.range)}</span>`,
  emoji: (element) => renderEmoji(readString(element.name)),
  color: (element) => html`<code>${readString(element.value)}</code>`,
  date: (element) =>
    renderDate(`!date^${readString(element.timestamp)}^${readString(element.format)}`, readString(element.fallback)),
}

function piece(element: JsonRecord): ComponentChildren {
  const paint = PIECES[readString(element.type)]
  if (paint === undefined) return html`<span class="unknown">Unknown part: ${readString(element.type)}</span>`
  return styled(paint(element), readRecord(element.style))
}

function styled(inside: ComponentChildren, { bold, italic, strike, code }: JsonRecord): ComponentChildren {
  let out = inside
  if (code === true) out = html`<code>${out}</code>`
  if (bold === true) out = html`<strong>${out}</strong>`
  if (italic === true) out = html`<em>${out}</em>`
  if (strike === true) out = html`<s>${out}</s>`
  return out
}

const lines = (text: string): ComponentChildren[] =>
  text.split('\n').flatMap((line, index) => (index === 0 ? [line] : [html`<br />`, line]))
