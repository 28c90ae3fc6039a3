import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { truncate } from '../../text.ts'
import { actionsBlock, contextBlock, createButton, createModal, sectionBlock } from '../blocks/build-blocks.ts'
import { inputBlockOf, type ModalField } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn, escapeMrkdwn } from '../blocks/text.ts'

/** A prompt's argument or a resource template's variable. */
export type TemplateField = { name: string; title: string; description: string; required: boolean }

export type TemplateForm = {
  /** The modal's callback_id. */
  id: 'prompt' | 'resource_template'
  title: string
  submit: string
  name: string
  of: string
  description: string
  fields: TemplateField[]
  /** What was typed before. */
  values: Record<string, string>
  /** The server has completions, so fields are menus. */
  hasCompletions: boolean
  alert?: string | undefined
  metadata: unknown
}

/** The block_id says whether a field is required, so that a submission needs no request to the server. */
export const templateFieldIdOf = ({ name, required }: Pick<TemplateField, 'name' | 'required'>): string =>
  `${required ? 'must' : 'may'}.${name}`

export const templateFieldNameIn = (id: string): string | undefined => /^(?:must|may)\.(.*)$/s.exec(id)?.[1]

/** The form for a prompt's arguments or a template's variables. */
export function templateModal(form: TemplateForm): ModalView {
  const about = [
    `*${escapeInlineMrkdwn(form.name)}* of ${escapeInlineMrkdwn(form.of)}`,
    escapeMrkdwn(truncate(form.description, 1_000)),
  ]
  const alert = form.alert === undefined ? [] : [sectionBlock(`:warning: ${escapeMrkdwn(truncate(form.alert, 1_000))}`)]
  const plainButton = actionsBlock([
    createButton({ text: 'Type it all instead', action: 'field_plain', value: 'plain' }),
  ])
  return createModal({
    id: form.id,
    title: form.title,
    submit: form.submit,
    metadata: form.metadata,
    blocks: [
      ...alert,
      sectionBlock(about.filter(Boolean).join('\n')),
      ...form.fields.map((field) => inputBlockOf(valueFieldOf(field, form))),
      ...(form.hasCompletions ? [plainButton] : []),
      contextBlock(`These words come from the server of ${escapeInlineMrkdwn(form.of)}.`),
    ],
  })
}

/** A menu of the server's completions, or a text field; different action_ids keep their typed values apart. */
function valueFieldOf(field: TemplateField, { values, hasCompletions }: TemplateForm): ModalField {
  return {
    id: templateFieldIdOf(field),
    action: hasCompletions ? 'field_value' : 'field_typed',
    label: truncate(field.title, 200),
    hint: truncate(field.description, 500),
    optional: !field.required,
    initial: values[field.name],
    ...(hasCompletions ? { kind: 'suggested' } : { kind: 'text', max: LIMITS.plainTextInput }),
  }
}
