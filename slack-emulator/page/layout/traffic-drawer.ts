import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import { useLiveData } from '../state/live-updates.ts'
import { type JsonRecord, readNumber, readRecords, readString } from '../state/read-json.ts'
import { Icon } from '../widgets/icon.ts'

const FILTERS = [
  ['all', 'All'],
  ['to_app', 'To the app'],
  ['to_slack', 'To Slack'],
  ['trouble', 'Trouble'],
] as const

type Filter = (typeof FILTERS)[number][0]
type Wanted = { filter: Filter; word: string }

function passes(exchange: JsonRecord, { filter, word }: Wanted): boolean {
  const named = `${readString(exchange.name)} ${readString(exchange.says)}`
    .toLowerCase()
    .includes(word.trim().toLowerCase())
  if (filter === 'all' || !named) return named
  return filter === 'trouble' ? exchange.verdict !== 'ok' : exchange.way === filter
}

/** Lists each request between Slack and the app with its payload and answer, newest first. */
export function TrafficDrawer({ onClose }: { onClose(): void }) {
  const [wanted, setWanted] = useState<Wanted>({ filter: 'all', word: '' })
  const { filter, word } = wanted
  const { data } = useLiveData({ path: 'traffic', query: NOTHING, when: (news) => news.kind === 'exchange' })
  const all = readRecords(data?.exchanges)
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
      <ul class="exchanges">${shown.map((exchange) => html`<${Exchange} key=${readString(exchange.id)} exchange=${exchange} />`)}</ul>
    </div>
  </aside>`
}

const NOTHING = {}
const NONE_YET = 'Nothing yet. Say something, or press a button, and see here what Slack and the app tell each other.'

function Exchange({ exchange }: { exchange: JsonRecord }) {
  const [open, setOpen] = useState(false)
  const out = exchange.way === 'to_app'
  const titles = titlesOf(exchange)
  const at = new Date(readNumber(exchange.at))
  const times = readNumber(exchange.times)
  return html`<li class="exchange">
    <button type="button" class="exchange-head" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <span class=${out ? 'way way-out' : 'way'} role="img" aria-label=${out ? 'Slack to the app' : 'app to Slack'}><${Icon} name=${out ? 'to' : 'from'} /></span>
      <span class="exchange-name">${readString(exchange.name)}${times > 1 && html` <span class="quiet">×${times}</span>`}</span>
      <span class=${`verdict verdict-${readString(exchange.verdict)}`}>${readString(exchange.says)}</span>
      <span class="quiet exchange-time">${at.toLocaleTimeString()} · ${readNumber(exchange.ms).toFixed(0)} ms</span>
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

const titlesOf = ({ way }: JsonRecord) => TITLES[way === 'to_app' ? 'to_app' : 'to_slack']

const payloadText = (value: unknown): string =>
  value === undefined || value === '' ? '(empty)' : JSON.stringify(value, null, 2)

/** One exchange as text for a bug report; the emulator has already removed secrets. */
function reportOf(exchange: JsonRecord): string {
  const [asked, answered] = titlesOf(exchange)
  const head = `${readString(exchange.name)}: ${readString(exchange.says)}, ${readNumber(exchange.ms).toFixed(0)} ms, ${new Date(readNumber(exchange.at)).toISOString()}`
  return `${head}\n\n${asked}:\n${payloadText(exchange.request)}\n\n${answered}:\n${payloadText(exchange.answer)}\n`
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState('')
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(text))
  return html`<button type="button" class="small-button" onClick=${copy}>${copied === text ? 'Copied' : 'Copy for a bug report'}</button>`
}

const Payload = ({ title, value }: { title: string; value: unknown }) =>
  html`<div class="payload"><h3>${title}</h3><pre tabindex="0">${payloadText(value)}</pre></div>`
