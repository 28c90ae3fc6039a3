import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import { useLive } from './feed.ts'
import { Icon } from './icon.ts'
import { type Json, num, records, str } from './read.ts'

const FILTERS = [
  ['all', 'All'],
  ['to_app', 'To the app'],
  ['to_slack', 'To Slack'],
  ['trouble', 'Trouble'],
] as const

type Filter = (typeof FILTERS)[number][0]

const passes = (exchange: Json, filter: Filter): boolean => {
  if (filter === 'all') return true
  return filter === 'trouble' ? exchange.verdict !== 'ok' : exchange.way === filter
}

/** Each request between Slack and the app, newest first, with what it carried and how it ended. */
export function Drawer({ onClose }: { onClose(): void }) {
  const [filter, setFilter] = useState<Filter>('all')
  const { data } = useLive({ path: 'traffic', query: NOTHING, when: (news) => news.kind === 'exchange' })
  const shown = records(data?.exchanges)
    .filter((exchange) => passes(exchange, filter))
    .reverse()
  return html`<aside class="drawer" aria-label="What just happened" onKeyDown=${(event: KeyboardEvent) => event.key === 'Escape' && onClose()}>
    <header class="pane-head"><h2>What just happened</h2>
      <button type="button" class="icon-button" aria-label="Close" onClick=${onClose}><${Icon} name="close" /></button></header>
    <div class="filters" role="group" aria-label="Show">${FILTERS.map(
      ([value, words]) =>
        html`<button type="button" class="filter" aria-pressed=${filter === value} onClick=${() => setFilter(value)}>${words}</button>`,
    )}</div>
    <div class="scroll" tabindex="0" role="group" aria-label="Requests">
      ${shown.length === 0 && html`<div class="empty"><p>Nothing yet. Say something, or press a button, and see here what Slack and the app tell each other.</p></div>`}
      <ul class="exchanges">${shown.map((exchange) => html`<${Exchange} key=${str(exchange.id)} exchange=${exchange} />`)}</ul>
    </div>
  </aside>`
}

const NOTHING = {}

function Exchange({ exchange }: { exchange: Json }) {
  const [open, setOpen] = useState(false)
  const out = exchange.way === 'to_app'
  const at = new Date(num(exchange.at))
  const times = num(exchange.times)
  return html`<li class="exchange">
    <button type="button" class="exchange-head" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <span class=${out ? 'way way-out' : 'way'} role="img" aria-label=${out ? 'Slack to the app' : 'app to Slack'}><${Icon} name=${out ? 'to' : 'from'} /></span>
      <span class="exchange-name">${str(exchange.name)}${times > 1 && html` <span class="quiet">×${times}</span>`}</span>
      <span class=${`verdict verdict-${str(exchange.verdict)}`}>${str(exchange.says)}</span>
      <span class="quiet exchange-time">${at.toLocaleTimeString()} · ${num(exchange.ms).toFixed(0)} ms</span>
    </button>
    ${
      open &&
      html`<div class="exchange-body">
      <${Payload} title=${out ? 'Slack sent' : 'The app sent'} value=${exchange.request} />
      <${Payload} title=${out ? 'The app answered' : 'Slack answered'} value=${exchange.answer} />
    </div>`
    }
  </li>`
}

function Payload({ title, value }: { title: string; value: unknown }) {
  const [copied, setCopied] = useState(false)
  const text = value === undefined || value === '' ? '(empty)' : JSON.stringify(value, null, 2)
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true))
  return html`<div class="payload"><div class="payload-head"><h3>${title}</h3><button type="button" class="small-button" onClick=${copy}>${copied ? 'Copied' : 'Copy'}</button></div>
    <pre tabindex="0">${text}</pre></div>`
}
