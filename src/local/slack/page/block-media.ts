import { html } from 'htm/preact'
import { Icon } from './icon.ts'
import { link } from './inline.ts'
import { type Json, record, str } from './read.ts'
import { paintText } from './text-object.ts'

export function Picture({ block }: { block: Json }) {
  const file = record(block.slack_file)
  const source = str(block.image_url) || str(file.url)
  return html`<figure class="block-image">
    ${block.title === undefined ? '' : html`<figcaption>${paintText(block.title)}</figcaption>`}
    ${source === '' ? html`<span class="unknown">Image of the file ${str(file.id)}</span>` : html`<img src=${source} alt=${str(block.alt_text)} loading="lazy" />`}
  </figure>`
}

/** A video plays at its provider: nothing foreign is framed here. */
export function Video({ block }: { block: Json }) {
  const by = [str(block.author_name), str(block.provider_name)].filter(Boolean).join(' · ')
  return html`<figure class="block-card block-video">
    <a class="video-frame" href=${str(block.video_url)} target="_blank" rel="noopener noreferrer" aria-label=${`Play ${str(block.alt_text)}`}>
      <img src=${str(block.thumbnail_url)} alt="" loading="lazy" /><span class="play"><${Icon} name="play" /></span>
    </a>
    <figcaption class="card-inside">
      <div class="card-title">${link(str(block.title_url) || str(block.video_url), paintText(block.title))}</div>
      ${by !== '' && html`<div class="card-subtitle">${by}</div>`}
      ${block.description === undefined ? '' : html`<div>${paintText(block.description)}</div>`}
    </figcaption>
  </figure>`
}

export const FileBlock = ({ block }: { block: Json }) =>
  html`<div class="file"><span class="file-kind" aria-hidden="true">FILE</span><span>Remote file ${str(block.external_id)}</span></div>`
