import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { Unknown } from '../blocks/unknown.ts'
import { readString } from '../state/read-json.ts'
import { Button, Feedback, IconButton, Overflow } from './buttons.ts'
import { Choices } from './choices.ts'
import type { ElementProps } from './field.ts'
import { DateField, FileField, NumberField, RichField, TextField } from './fields.ts'
import { Select } from './select.ts'

type Painter = (props: ElementProps) => ComponentChildren
const text: Painter = (props) => html`<${TextField} ...${props} />`
const select: Painter = (props) => html`<${Select} ...${props} />`
const choices: Painter = (props) => html`<${Choices} ...${props} />`
const dated: Painter = (props) => html`<${DateField} ...${props} />`
const button: Painter = (props) => html`<${Button} ...${props} />`

const PAINTERS: Record<string, Painter> = {
  button,
  workflow_button: button,
  icon_button: (props) => html`<${IconButton} ...${props} />`,
  feedback_buttons: (props) => html`<${Feedback} ...${props} />`,
  overflow: (props) => html`<${Overflow} ...${props} />`,
  image: ({ element }) =>
    html`<img class="accessory-image" src=${readString(element.image_url)} alt=${readString(element.alt_text)} />`,
  checkboxes: choices,
  radio_buttons: choices,
  plain_text_input: text,
  email_text_input: text,
  url_text_input: text,
  number_input: (props) => html`<${NumberField} ...${props} />`,
  rich_text_input: (props) => html`<${RichField} ...${props} />`,
  file_input: (props) => html`<${FileField} ...${props} />`,
  datepicker: dated,
  timepicker: dated,
  datetimepicker: dated,
  ...Object.fromEntries(
    ['static', 'external', 'users', 'conversations', 'channels'].flatMap((kind) => [
      [`${kind}_select`, select],
      [`multi_${kind}_select`, select],
    ]),
  ),
}

export function Element(props: ElementProps) {
  const paint = PAINTERS[readString(props.element.type)]
  return paint === undefined ? html`<${Unknown} what="element" thing=${props.element} />` : paint(props)
}
