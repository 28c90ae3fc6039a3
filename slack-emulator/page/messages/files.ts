import { html } from 'htm/preact'
import { type JsonRecord, readNumber, readString } from '../state/read-json.ts'
import { useSessionContext } from '../state/session-context.ts'

/** The files of a message, downloaded as the present person. */
export function Files({ files }: { files: JsonRecord[] }) {
  const { me } = useSessionContext()
  if (files.length === 0) return null
  return html`<div class="files">${files.map((file) => {
    const url = `/files/${readString(file.id)}/${encodeURIComponent(readString(file.name))}?as=${encodeURIComponent(me.name)}`
    if (file.gone !== undefined) return html`<span class="file is-gone quiet">${GONE[readString(file.gone)]}</span>`
    const title = readString(file.title) || readString(file.name)
    if (readString(file.mimetype).startsWith('image/'))
      return html`<figure class="block-image"><figcaption>${title}</figcaption><a href=${url} target="_blank" rel="noopener"><img src=${url} alt=${title} loading="lazy" /></a></figure>`
    return html`<a class="file" href=${url} target="_blank" rel="noopener">
      <span class="file-kind" aria-hidden="true">${(readString(file.name).split('.').at(-1) ?? 'file').slice(0, 4).toUpperCase()}</span>
      <span><strong>${title}</strong><span class="quiet">${sizeOf(readNumber(file.size))}</span></span>
    </a>`
  })}</div>`
}

const GONE: Record<string, string> = {
  tombstone: 'This file was deleted.',
  hidden_by_limit: 'This file is hidden, because the plan keeps no older ones.',
}

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const kilobytes = bytes / 1024
  return kilobytes < 1024 ? `${kilobytes.toFixed(1)} KB` : `${(kilobytes / 1024).toFixed(1)} MB`
}
