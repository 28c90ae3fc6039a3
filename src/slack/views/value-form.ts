import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { actions, button, context, modal, section } from './blocks.ts'
import { inputBlockOf, type ModalField } from './modal-fields.ts'
import { clip, inline, literal } from './text.ts'

/** A text a server wants: a prompt's argument or a template's variable. */
export type ValueField = { name: string; title: string; description: string; required: boolean }

export type ValueForm = {
  /** What it is sent as. */
  id: 'prompt' | 'resource_template'
  title: string
  submit: string
  name: string
  of: string
  description: string
  fields: ValueField[]
  /** What was typed before. */
  values: Record<string, string>
  /** The server has proposals, so fields are menus with what was typed among them. */
  proposes: boolean
  alert?: string | undefined
  keep: unknown
}

/** Required fields are told by their ids, so that a submission knows without asking the server again. */
export const fieldId = ({ name, required }: Pick<ValueField, 'name' | 'required'>): string =>
  `${required ? 'must' : 'may'}.${name}`

export const fieldName = (id: string): string | undefined => /^(?:must|may)\.(.*)$/s.exec(id)?.[1]

/** The form for the texts a server wants. */
export function valueForm(form: ValueForm): ModalView {
  const about = [`*${inline(form.name)}* of ${inline(form.of)}`, literal(clip(form.description, 1_000))]
  const alert = form.alert === undefined ? [] : [section(`:warning: ${literal(clip(form.alert, 1_000))}`)]
  const typing = actions([button({ text: 'Type it all instead', action: 'field_plain', value: 'plain' })])
  return modal({
    id: form.id,
    title: form.title,
    submit: form.submit,
    keep: form.keep,
    blocks: [
      ...alert,
      section(about.filter(Boolean).join('\n')),
      ...form.fields.map((field) => inputBlockOf(valueFieldOf(field, form))),
      ...(form.proposes ? [typing] : []),
      context(`These words come from the server of ${inline(form.of)}.`),
    ],
  })
}

/** A menu of what the server proposes, where it does; typed values and proposals stay apart by their action. */
function valueFieldOf(field: ValueField, { values, proposes }: ValueForm): ModalField {
  const initial = values[field.name] ?? ''
  return {
    id: fieldId(field),
    action: proposes ? 'field_value' : 'field_typed',
    label: clip(field.title, 200),
    hint: clip(field.description, 500),
    optional: !field.required,
    holds: proposes ? { kind: 'proposed', initial } : { kind: 'text', initial, max: LIMITS.plainTextInput },
  }
}
