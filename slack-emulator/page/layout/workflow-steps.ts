import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import { useLiveData } from '../state/live-updates.ts'
import type { StepInfo } from '../state/people.ts'
import { type JsonRecord, readRecord, readRecords, readString } from '../state/read-json.ts'
import { useSessionContext } from '../state/session-context.ts'
import { Dialog } from '../widgets/dialog.ts'

const NOTHING = {}

/** Stands for Workflow Builder: runs one step of the app and shows what came of it; nothing where the app has no steps. */
export function WorkflowSteps() {
  const { app } = useSessionContext()
  const [open, setOpen] = useState(false)
  if (app.steps.length === 0) return null
  return html`<li><button type="button" class="side-link side-sub" aria-haspopup="dialog" onClick=${() => setOpen(true)}><span>Workflow steps</span></button>
    ${open && html`<${StepDialog} onClose=${() => setOpen(false)} />`}</li>`
}

function StepDialog({ onClose }: { onClose(): void }) {
  const { app, act, error } = useSessionContext()
  const [chosen, setChosen] = useState(app.steps[0]?.callbackId ?? '')
  const [typed, setTyped] = useState<Record<string, string>>({})
  const step = app.steps.find((one) => one.callbackId === chosen)
  if (step === undefined) return null
  const choose = ({ target }: Event) => {
    if (!(target instanceof HTMLSelectElement)) return
    setChosen(target.value)
    setTyped({})
  }
  const run = () => {
    const inputs = Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== ''))
    void act('run-step', { callback_id: chosen, inputs })
  }
  return html`<${Dialog} title="Run a workflow step" done="Run" onDone=${run} onClose=${onClose}>
    ${error !== '' && html`<div class="block-alert alert-error" role="alert">${error}</div>`}
    <label class="dialog-field">Step<select class="text-field" value=${chosen} onChange=${choose}>
      ${app.steps.map((one) => html`<option value=${one.callbackId}>${one.title}</option>`)}</select></label>
    ${step.description !== '' && html`<p class="quiet">${step.description}</p>`}
    ${step.inputs.map((input) => html`<${InputField} input=${input} value=${typed[input.name] ?? ''} onChange=${(value: string) => setTyped({ ...typed, [input.name]: value })} />`)}
    <${Executions} />
  </${Dialog}>`
}

type FieldProps = { input: StepInfo['inputs'][number]; value: string; onChange(value: string): void }

function InputField({ input, value, onChange }: FieldProps) {
  const { people, channels } = useSessionContext()
  const note = ({ target }: Event) => {
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) onChange(target.value)
  }
  const choices: Record<string, { id: string; label: string }[]> = {
    'slack#/types/user_id': people.map(({ id, realName }) => ({ id, label: realName })),
    'slack#/types/channel_id': channels.filter((one) => !one.dm).map(({ id, name }) => ({ id, label: `#${name}` })),
    boolean: ['true', 'false'].map((id) => ({ id, label: id })),
  }
  const offered = choices[input.type]
  const label = `${input.title}${input.needed ? '' : ' (optional)'}`
  return html`<label class="dialog-field">${label}${
    offered === undefined
      ? html`<input class="text-field" type="text" value=${value} onInput=${note} />`
      : html`<select class="text-field" value=${value} onChange=${note}><option value="">Choose…</option>${offered.map((one) => html`<option value=${one.id}>${one.label}</option>`)}</select>`
  }</label>`
}

const STATUS_WORDS: Record<string, string> = { running: 'Running…', completed: 'Done', failed: 'Failed' }

/** What ran, newest first. */
function Executions() {
  const { data } = useLiveData({
    path: 'executions',
    query: NOTHING,
    when: ({ kind }) => kind === 'function_started' || kind === 'function_ended',
  })
  const all = readRecords(data?.executions).slice(0, 5)
  if (all.length === 0) return null
  return html`<ul class="executions" aria-label="Steps that ran">${all.map((one) => html`<${ExecutionRow} key=${readString(one.id)} execution=${one} />`)}</ul>`
}

function ExecutionRow({ execution }: { execution: JsonRecord }) {
  const status = readString(execution.status)
  const outputs = Object.entries(readRecord(execution.outputs))
  return html`<li class=${`execution is-${status}`}><strong>${readString(execution.title)}</strong> <span role="status">${STATUS_WORDS[status] ?? status}</span>
    ${status === 'failed' && html`<div class="execution-error">${readString(execution.error)}</div>`}
    ${outputs.length > 0 && html`<dl class="execution-outputs">${outputs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${typeof value === 'string' ? value : JSON.stringify(value)}</dd></div>`)}</dl>`}</li>`
}
