import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import { Icon } from './icon.ts'
import { link } from './inline.ts'
import { plainText } from './mrkdwn.ts'
import { type Json, record, records, str } from './read.ts'
import { RichText } from './rich-text.ts'

const MARKS: Record<string, [mark: string, word: string]> = {
  pending: ['', 'waiting'],
  in_progress: ['', 'in progress'],
  complete: ['check', 'done'],
  error: ['!', 'failed'],
}

export function TaskCard({ task }: { task: Json }) {
  const [open, setOpen] = useState(false)
  const [mark, word] = MARKS[str(task.status)] ?? ['?', str(task.status)]
  const more = ['details', 'output'].filter((part) => task[part] !== undefined)
  const sources = records(task.sources)
  const head = html`<span class=${`task-mark task-${str(task.status)}`} role="img" aria-label=${word}>${mark === 'check' ? html`<${Icon} name="check" />` : mark}</span>
    <span class="task-title">${plainText(str(task.title))}</span>`
  if (more.length === 0 && sources.length === 0)
    return html`<div class="block-task"><div class="task-head">${head}</div></div>`
  return html`<div class="block-task">
    <button type="button" class="task-head as-row" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      ${head}<span class="turn"><${Icon} name=${open ? 'down' : 'right'} /></span>
    </button>
    ${
      open &&
      html`<div class="task-more">
      ${more.map((part) => html`<${RichText} block=${record(task[part])} />`)}
      ${sources.map((source) => html`<div>${link(str(source.url), str(source.text) || str(source.url))}</div>`)}
    </div>`
    }
  </div>`
}

/** A plan of one step reads as that step's line. */
export function Plan({ block }: { block: Json }) {
  const tasks = records(block.tasks)
  const [first, ...others] = tasks
  if (first !== undefined && others.length === 0) return html`<${TaskCard} task=${first} />`
  const done = tasks.filter((task) => task.status === 'complete').length
  return html`<section class="block-plan" aria-label=${str(block.title)}>
    <div class="plan-title"><span>${plainText(str(block.title))}</span><span class="quiet">${done} of ${tasks.length}</span></div>
    ${tasks.map((task) => html`<${TaskCard} key=${str(task.task_id)} task=${task} />`)}
  </section>`
}
