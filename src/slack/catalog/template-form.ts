import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { actionsBlock, contextBlock, createButton, createModal, sectionBlock } from '../blocks/blocks.ts'
import { inputBlockOf, type ModalField } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, truncate } from '../blocks/text.ts'

/** A text a server wants: a prompt's argument or a template's variable. */
export type TemplateField = { name: string; title: string; description: string; required: boolean }

export type TemplateForm = {
  /** What it is sent as. */
  id: 'prompt' | 'resource_template'
  title: string
  submit: string
  name: string
  of: string
  description: string
  fields: TemplateField[]
  /** What was typed before. */
  values: Record<string, string>
  /** The server has proposals, so fields are menus with what was typed among them. */
  proposes: boolean
  alert?: string | undefined
  keep: unknown
}

/** Required fields are told by their ids, so that a submission knows without asking the server again. */
export const templateFieldIdOf = ({ name, required }: Pick<TemplateField, 'name' | 'required'>): string =>
  `${required ? 'must' : 'may'}.${name}`

export const templateFieldNameIn = (id: string): string | undefined => /^(?:must|may)\.(.*)$/s.exec(id)?.[1]

/** The form for the texts a server wants. */
export function templateModal(form: TemplateForm): ModalView {
  const about = [
    `*${escapeInlineMrkdwn(form.name)}* of ${escapeInlineMrkdwn(form.of)}`,
    escapeMrkdwn(truncate(form.description, 1_000)),
  ]
  const alert = form.alert === undefined ? [] : [sectionBlock(`:warning: ${escapeMrkdwn(truncate(form.alert, 1_000))}`)]
  const typing = actionsBlock([createButton({ text: 'Type it all instead', action: 'field_plain', value: 'plain' })])
  return createModal({
    id: form.id,
    title: form.title,
    submit: form.submit,
    keep: form.keep,
    blocks: [
      ...alert,
      sectionBlock(about.filter(Boolean).join('\n')),
      ...form.fields.map((field) => inputBlockOf(valueFieldOf(field, form))),
      ...(form.proposes ? [typing] : []),
      contextBlock(`These words come from the server of ${escapeInlineMrkdwn(form.of)}.`),
    ],
  })
}

/** A menu of what the server proposes, where it does; typed values and proposals stay apart by their action. */
function valueFieldOf(field: TemplateField, { values, proposes }: TemplateForm): ModalField {
  const initial = values[field.name] ?? ''
  return {
    id: templateFieldIdOf(field),
    action: proposes ? 'field_value' : 'field_typed',
    label: truncate(field.title, 200),
    hint: truncate(field.description, 500),
    optional: !field.required,
    holds: proposes ? { kind: 'proposed', initial } : { kind: 'text', initial, max: LIMITS.plainTextInput },
  }
}
