import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import { type JsonRecord, readRecord, readRecords, readString } from '../state/read-json.ts'
import { renderLink } from '../text/inline.ts'
import { renderPlainText } from '../text/mrkdwn.ts'
import { Icon } from '../widgets/icon.ts'
import { RichText } from './rich-text.ts'

const MARKS: Record<string, [mark: string, word: string]> = {
  pending: ['', 'waiting'],
  in_progress: ['', 'in progress'],
  complete: ['check', 'done'],
  error: ['!', 'failed'],
}

export function TaskCard({ task }: { task: JsonRecord }) {
  const [open, setOpen] = useState(false)
  const [mark, word] = MARKS[readString(task.status)] ?? ['?', readString(task.status)]
  const more = ['details', 'output'].filter((part) => task[part] !== undefined)
  const sources = readRecords(task.sources)
  const head = html`<span class=${`task-mark task-${readString(task.status)}`} role="img" aria-label=${word}>${mark === 'check' ? html`<${Icon} name="check" />` : mark}</span>
    <span class="task-title">${renderPlainText(readString(task.title))}</span>`
  if (more.length === 0 && sources.length === 0)
    return html`<div class="block-task"><div class="task-head">${head}</div></div>`
  return html`<div class="block-task">
    <button type="button" class="task-head as-row" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      ${head}<span class="turn"><${Icon} name=${open ? 'down' : 'right'} /></span>
    </button>
    ${
      open &&
      html`<div class="task-more">
      ${more.map((part) => html`<${RichText} block=${readRecord(task[part])} />`)}
      ${sources.map((source) => html`<div>${renderLink(readString(source.url), readString(source.text) || readString(source.url))}</div>`)}
    </div>`
    }
  </div>`
}

/** A plan with one task is shown as that task. */
export function Plan({ block }: { block: JsonRecord }) {
  const tasks = readRecords(block.tasks)
  const [first, ...others] = tasks
  if (first !== undefined && others.length === 0) return html`<${TaskCard} task=${first} />`
  const done = tasks.filter((task) => task.status === 'complete').length
  return html`<section class="block-plan" aria-label=${readString(block.title)}>
    <div class="plan-title"><span>${renderPlainText(readString(block.title))}</span><span class="quiet">${done} of ${tasks.length}</span></div>
    ${tasks.map((task) => html`<${TaskCard} key=${readString(task.task_id)} task=${task} />`)}
  </section>`
}
