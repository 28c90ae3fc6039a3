import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Element } from '../elements/element.ts'
import { type JsonRecord, readRecord, readRecords, readString } from '../state/read-json.ts'
import { renderTextObject } from '../text/text-object.ts'
import { Icon } from '../widgets/icon.ts'
import { RichText } from './rich-text.ts'

const picture = (image: unknown, kind: string) => {
  const { image_url: url, alt_text: alt } = readRecord(image)
  return url === undefined
    ? ''
    : html`<img class=${kind} src=${readString(url)} alt=${readString(alt)} loading="lazy" />`
}

export function Card({ block }: { block: JsonRecord }) {
  return html`<article class="block-card">
    ${picture(block.hero_image, 'card-hero')}
    <div class="card-inside">
      <div class="card-head">
        ${picture(block.icon, 'card-icon')}
        <div>
          ${block.title === undefined ? '' : html`<div class="card-title">${renderTextObject(block.title)}</div>`}
          ${block.subtitle === undefined ? '' : html`<div class="card-subtitle">${renderTextObject(block.subtitle)}</div>`}
        </div>
      </div>
      ${block.body === undefined ? '' : html`<div class="card-body">${renderTextObject(block.body)}</div>`}
      ${readRecords(block.actions).length > 0 && html`<div class="block-actions">${readRecords(block.actions).map((element) => html`<${Element} element=${element} block=${block} />`)}</div>`}
    </div>
  </article>`
}

export function Carousel({ block }: { block: JsonRecord }) {
  return html`<div class="block-carousel" tabindex="0" role="group" aria-label="Cards, scroll sideways">
    ${readRecords(block.elements).map((card) => html`<${Card} block=${card} />`)}
  </div>`
}

/** The caller renders `inside`, because only it knows all blocks. */
export function Container({ block, inside }: { block: JsonRecord; inside: ComponentChildren }) {
  const [open, setOpen] = useState(block.default_collapsed !== true)
  const title = html`${picture(block.icon, 'card-icon')}<span class="container-title">${titleOf(block)}</span>
    ${block.subtitle === undefined ? '' : html`<span class="card-subtitle">${renderTextObject(block.subtitle)}</span>`}`
  if (block.is_collapsible !== true)
    return html`<div class="block-container"><div class="container-head">${title}</div>${inside}</div>`
  return html`<div class="block-container">
    <button type="button" class="container-head as-row" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <span class="turn"><${Icon} name=${open ? 'down' : 'right'} /></span>${title}
    </button>
    ${open && inside}
  </div>`
}

const titleOf = (block: JsonRecord) =>
  block.rich_text_title === undefined
    ? renderTextObject(block.title)
    : html`<${RichText} block=${readRecord(block.rich_text_title)} />`
