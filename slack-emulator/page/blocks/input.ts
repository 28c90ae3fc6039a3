import { html } from 'htm/preact'
import { useId } from 'preact/hooks'
import { Element } from '../elements/element.ts'
import { type JsonRecord, readRecord, readString } from '../state/read-json.ts'
import { useSurface } from '../state/session-context.ts'
import { renderTextObject } from './text-object.ts'

/** A labelled field, with its hint and, after a refused submission, its error. */
export function Input({ block }: { block: JsonRecord }) {
  const id = useId()
  const { form } = useSurface()
  const element = readRecord(block.element)
  const trouble = form.errors[readString(block.block_id)]
  const hint = block.hint === undefined ? '' : `${id}-hint`
  const group = element.type === 'checkboxes' || element.type === 'radio_buttons'
  const says = [trouble === undefined ? '' : `${id}-trouble`, hint].filter(Boolean).join(' ')
  const label = html`${renderTextObject(block.label)}${block.optional === true && html`<span class="quiet"> (optional)</span>`}`
  return html`<div class=${trouble === undefined ? 'block-input' : 'block-input is-wrong'}>
    ${group ? html`<div class="label" id=${`${id}-label`}>${label}</div>` : html`<label class="label" id=${`${id}-label`} for=${id}>${label}</label>`}
    <${Element} element=${element} block=${block} field=${{ id, label: `${id}-label`, says, wrong: trouble !== undefined }} />
    ${trouble !== undefined && html`<div class="field-trouble" id=${`${id}-trouble`} role="alert">${trouble}</div>`}
    ${hint !== '' && html`<div class="hint" id=${hint}>${renderTextObject(block.hint)}</div>`}
  </div>`
}
