import { html } from 'htm/preact'
import { useId } from 'preact/hooks'
import { useSurface } from './desk.ts'
import { usePress } from './element-buttons.ts'
import type { ElementProps } from './field.ts'
import { type Json, records, str, strings } from './read.ts'
import { paintText } from './text-object.ts'

/** Checkboxes and radio buttons. */
export function Choices(props: ElementProps) {
  const { element, block, field } = props
  const { form } = useSurface()
  const change = useChange(props)
  const name = useId()
  const many = element.type === 'checkboxes'
  const value = form.value(str(block.block_id), element)
  const chosen = many ? strings(value) : [str(value)]
  const toggle = (option: string) => {
    if (!many) return change(option)
    change(chosen.includes(option) ? chosen.filter((one) => one !== option) : [...chosen, option])
  }
  const one = (option: Json) => html`<label class="choice">
    <input type=${many ? 'checkbox' : 'radio'} name=${name} checked=${chosen.includes(str(option.value))} onChange=${() => toggle(str(option.value))} />
    <span>${paintText(option.text)}${option.description === undefined ? '' : html`<span class="choice-more">${paintText(option.description)}</span>`}</span>
  </label>`
  return html`<div class="choices" id=${field?.id} role=${many ? 'group' : 'radiogroup'} aria-labelledby=${field?.label} aria-label=${field === undefined ? 'Options' : undefined} aria-describedby=${field?.says || undefined}>
    ${records(element.options).map(one)}${change.question}
  </div>`
}

/** Keeps a new value; outside of an input block, or where the block wants it, the app is told at once. */
export function useChange(props: ElementProps) {
  const { element, block } = props
  const { form } = useSurface()
  const { start, question } = usePress(props)
  const change = (value: unknown) => {
    form.change(str(block.block_id), element, value)
    if (block.type !== 'input' || block.dispatch_action === true) start(value)
  }
  return Object.assign(change, { question })
}
