import { html } from 'htm/preact'
import { useId } from 'preact/hooks'
import { type JsonRecord, readRecords, readString, readStrings } from '../state/read-json.ts'
import { useSurface } from '../state/session-context.ts'
import { renderTextObject } from '../text/text-object.ts'
import { usePress } from './buttons.ts'
import type { ElementProps } from './field.ts'

/** Checkboxes and radio buttons. */
export function Choices(props: ElementProps) {
  const { element, block, field } = props
  const { form } = useSurface()
  const change = useChange(props)
  const name = useId()
  const many = element.type === 'checkboxes'
  const value = form.value(readString(block.block_id), element)
  const chosen = many ? readStrings(value) : [readString(value)]
  const toggle = (option: string) => {
    if (!many) return change(option)
    change(chosen.includes(option) ? chosen.filter((one) => one !== option) : [...chosen, option])
  }
  const one = (option: JsonRecord) => html`<label class="choice">
    <input type=${many ? 'checkbox' : 'radio'} name=${name} checked=${chosen.includes(readString(option.value))} onChange=${() => toggle(readString(option.value))} />
    <span>${renderTextObject(option.text)}${option.description === undefined ? '' : html`<span class="choice-more">${renderTextObject(option.description)}</span>`}</span>
  </label>`
  return html`<div class="choices" id=${field?.id} role=${many ? 'group' : 'radiogroup'} aria-labelledby=${field?.label} aria-label=${field === undefined ? 'Options' : undefined} aria-describedby=${field?.says || undefined}>
    ${readRecords(element.options).map(one)}${change.question}
  </div>`
}

/** Keeps a new value; outside an input block, or if the block dispatches its actions, the app is told at once. */
export function useChange(props: ElementProps) {
  const { element, block } = props
  const { form } = useSurface()
  const { start, question } = usePress(props)
  const change = (value: unknown) => {
    form.change(readString(block.block_id), element, value)
    if (block.type !== 'input' || block.dispatch_action === true) start(value)
  }
  return Object.assign(change, { question })
}
