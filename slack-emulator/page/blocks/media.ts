import { html } from 'htm/preact'
import { type JsonRecord, readRecord, readString } from '../state/read-json.ts'
import { renderLink } from '../text/inline.ts'
import { renderTextObject } from '../text/text-object.ts'
import { Icon } from '../widgets/icon.ts'

export function ImageBlock({ block }: { block: JsonRecord }) {
  const file = readRecord(block.slack_file)
  const source = readString(block.image_url) || readString(file.url)
  return html`<figure class="block-image">
    ${block.title === undefined ? '' : html`<figcaption>${renderTextObject(block.title)}</figcaption>`}
    ${source === '' ? html`<span class="unknown">Image of the file ${readString(file.id)}</span>` : html`<img src=${source} alt=${readString(block.alt_text)} loading="lazy" />`}
  </figure>`
}

/** A video is a link to its provider, because the page frames nothing foreign. */
export function VideoBlock({ block }: { block: JsonRecord }) {
  const by = [readString(block.author_name), readString(block.provider_name)].filter(Boolean).join(' · ')
  return html`<figure class="block-card block-video">
    <a class="video-frame" href=${readString(block.video_url)} target="_blank" rel="noopener noreferrer" aria-label=${`Play ${readString(block.alt_text)}`}>
      <img src=${readString(block.thumbnail_url)} alt="" loading="lazy" /><span class="play"><${Icon} name="play" /></span>
    </a>
    <figcaption class="card-inside">
      <div class="card-title">${renderLink(readString(block.title_url) || readString(block.video_url), renderTextObject(block.title))}</div>
      ${by !== '' && html`<div class="card-subtitle">${by}</div>`}
      ${block.description === undefined ? '' : html`<div>${renderTextObject(block.description)}</div>`}
    </figcaption>
  </figure>`
}

export const FileBlock = ({ block }: { block: JsonRecord }) =>
  html`<div class="file"><span class="file-kind" aria-hidden="true">FILE</span><span>Remote file ${readString(block.external_id)}</span></div>`
