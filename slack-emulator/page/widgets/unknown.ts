import { html } from 'htm/preact'
import { type JsonRecord, readString } from '../state/read-json.ts'

/** Shows that the page does not know a block or element. */
export function Unknown({ what, thing }: { what: string; thing: JsonRecord }) {
  return html`<details class="unknown">
    <summary>This page cannot show the ${what} “${readString(thing.type) || 'without a type'}”</summary>
    <pre tabindex="0">${JSON.stringify(thing, null, 2)}</pre>
  </details>`
}
