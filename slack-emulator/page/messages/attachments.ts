import { html } from 'htm/preact'
import { Blocks } from '../blocks/blocks.ts'
import { type JsonRecord, readRecord, readRecords, readString } from '../state/read-json.ts'
import { renderLink } from '../text/inline.ts'
import { renderMrkdwn } from '../text/mrkdwn.ts'
import { Files } from './files.ts'

/** What hangs on a message: forwards, unfurled links, tables that were pasted, and the cards of other apps. */
export function Attachments({ all }: { all: JsonRecord[] }) {
  if (all.length === 0) return null
  return html`<div class="attachments">${all.map((one) => html`<${Attachment} attachment=${one} />`)}</div>`
}

const COLORS: Record<string, string> = { good: '#2eb67d', warning: '#ecb22e', danger: '#e01e5a' }

function colorOf(attachment: JsonRecord): string | undefined {
  const color = readString(attachment.color)
  return COLORS[color] ?? (/^#?[0-9a-f]{6}$/i.test(color) ? `#${color.replace('#', '')}` : undefined)
}

function Attachment({ attachment }: { attachment: JsonRecord }) {
  const blocks = [
    ...readRecords(attachment.blocks),
    ...readRecords(attachment.message_blocks).flatMap((one) => readRecords(readRecord(one.message).blocks)),
  ]
  const bare = blocks.length > 0 && attachment.is_share !== true
  if (bare) return html`<div class="attachment-blocks"><${Blocks} blocks=${blocks} /></div>`
  const color = colorOf(attachment)
  return html`<div>
    ${attachment.pretext !== undefined && html`<div>${renderMrkdwn(readString(attachment.pretext))}</div>`}
    <div class="attachment" style=${color === undefined ? '' : `border-color: ${color}`}>
      <${Words} attachment=${attachment} />
      ${blocks.length > 0 ? html`<${Blocks} blocks=${blocks} />` : html`<div>${renderMrkdwn(readString(attachment.text))}</div>`}
      <${Attachments} all=${readRecords(attachment.attachments)} />
      <${Fields} fields=${readRecords(attachment.fields)} />
      <${Files} files=${readRecords(attachment.files)} />
      ${attachment.footer !== undefined && html`<div class="quiet">${renderMrkdwn(readString(attachment.footer))}</div>`}
    </div>
  </div>`
}

function Words({ attachment }: { attachment: JsonRecord }) {
  const [author, title, link] = [attachment.author_name, attachment.title, attachment.title_link].map(readString)
  const service = readString(attachment.service_name)
  return [
    service !== '' && html`<div class="quiet">${service}</div>`,
    author !== '' && html`<div class="attachment-author">${author}</div>`,
    title !== '' && html`<div class="attachment-title">${link ? renderLink(link, title) : title}</div>`,
  ]
}

function Fields({ fields }: { fields: JsonRecord[] }) {
  if (fields.length === 0) return null
  return html`<dl class="attachment-fields">${fields.map(
    (field) =>
      html`<div class=${field.short === true ? '' : 'is-long'}><dt>${readString(field.title)}</dt><dd>${renderMrkdwn(readString(field.value))}</dd></div>`,
  )}</dl>`
}
