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
type Wanted = { filter: Filter; word: string }

function passes(exchange: Json, { filter, word }: Wanted): boolean {
  const named = `${str(exchange.name)} ${str(exchange.says)}`.toLowerCase().includes(word.trim().toLowerCase())
  if (filter === 'all' || !named) return named
  return filter === 'trouble' ? exchange.verdict !== 'ok' : exchange.way === filter
}

/** Each request between Slack and the app, newest first, with what it carried and how it ended. */
export function Drawer({ onClose }: { onClose(): void }) {
  const [wanted, setWanted] = useState<Wanted>({ filter: 'all', word: '' })
  const { filter, word } = wanted
  const { data } = useLive({ path: 'traffic', query: NOTHING, when: (news) => news.kind === 'exchange' })
  const all = records(data?.exchanges)
  const shown = all.filter((exchange) => passes(exchange, wanted)).reverse()
  const search = ({ target }: Event) =>
    target instanceof HTMLInputElement && setWanted({ ...wanted, word: target.value })
  return html`<aside class="drawer" aria-label="What just happened" onKeyDown=${(event: KeyboardEvent) => event.key === 'Escape' && onClose()}>
    <header class="pane-head"><h2>What just happened</h2>
      <button type="button" class="icon-button" aria-label="Close" onClick=${onClose}><${Icon} name="close" /></button></header>
    <div class="filters" role="group" aria-label="Show">${FILTERS.map(
      ([value, words]) =>
        html`<button type="button" class="filter" aria-pressed=${filter === value} onClick=${() => setWanted({ ...wanted, filter: value })}>${words}</button>`,
    )}<input type="search" class="filter-word" aria-label="Find by name" placeholder="Find by name" value=${word} onInput=${search} /></div>
    <div class="scroll" tabindex="0" role="group" aria-label="Requests">
      ${shown.length === 0 && html`<div class="empty"><p>${all.length === 0 ? NONE_YET : 'Nothing like that among the last requests.'}</p></div>`}
      <ul class="exchanges">${shown.map((exchange) => html`<${Exchange} key=${str(exchange.id)} exchange=${exchange} />`)}</ul>
    </div>
  </aside>`
}

const NOTHING = {}
const NONE_YET = 'Nothing yet. Say something, or press a button, and see here what Slack and the app tell each other.'

function Exchange({ exchange }: { exchange: Json }) {
  const [open, setOpen] = useState(false)
  const out = exchange.way === 'to_app'
  const titles = titlesOf(exchange)
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
      <${CopyButton} text=${reportOf(exchange)} />
      <${Payload} title=${titles[0]} value=${exchange.request} />
      <${Payload} title=${titles[1]} value=${exchange.answer} />
    </div>`
    }
  </li>`
}

const TITLES = {
  to_app: ['Slack sent', 'The app answered'],
  to_slack: ['The app sent', 'Slack answered'],
} as const

const titlesOf = ({ way }: Json) => TITLES[way === 'to_app' ? 'to_app' : 'to_slack']

const payloadText = (value: unknown): string =>
  value === undefined || value === '' ? '(empty)' : JSON.stringify(value, null, 2)

/** All of one exchange as text, for a bug report; what is secret was cut out before it came here. */
function reportOf(exchange: Json): string {
  const [asked, answered] = titlesOf(exchange)
  const head = `${str(exchange.name)}: ${str(exchange.says)}, ${num(exchange.ms).toFixed(0)} ms, ${new Date(num(exchange.at)).toISOString()}`
  return `${head}\n\n${asked}:\n${payloadText(exchange.request)}\n\n${answered}:\n${payloadText(exchange.answer)}\n`
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState('')
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(text))
  return html`<button type="button" class="small-button" onClick=${copy}>${copied === text ? 'Copied' : 'Copy for a bug report'}</button>`
}

const Payload = ({ title, value }: { title: string; value: unknown }) =>
  html`<div class="payload"><h3>${title}</h3><pre tabindex="0">${payloadText(value)}</pre></div>`
