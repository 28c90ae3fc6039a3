import { html, render } from 'htm/preact'
import { App } from './app.ts'

/** Renders the page into its document. */
export function mountPage(document: Document): void {
  const place = document.getElementById('page')
  if (place === null) throw new TypeError('the document has no place for the page')
  place.replaceChildren()
  render(html`<${App} />`, place)
}
