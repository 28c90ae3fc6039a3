import type { KnownBlock, ModalView, StaticSelect } from '@slack/types'
import { z } from 'zod'
import type { AgentDefinition } from '../../agents/agent.ts'
import { LIMITS } from '../../block-kit/limits.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  createOption,
  inputBlock,
  plainTextObject,
} from '../blocks/build-blocks.ts'
import { type FieldOption, inputBlockOf, type ModalField } from '../blocks/modal-fields.ts'

export const AgentFormMetadata = z.object({
  /** Chosen when the form opens, so that a form that is sent twice makes one agent. */
  id: z.string(),
  /** The version that is edited; absent for a new agent. */
  base: z.number().optional(),
  /** The template whose words the form holds. */
  template: z.string().optional(),
  /** Counts the times the form was filled anew: Slack keeps what was typed as long as a field's ids stay the same. */
  filled: z.number(),
  more: z.boolean().optional(),
})
export type AgentFormMetadata = z.infer<typeof AgentFormMetadata>

/** What the text fields of the form hold. */
export type AgentFormTexts = Partial<
  Record<'name' | 'face' | 'purpose' | 'instructions' | 'tools' | 'model' | 'turns' | 'cost', string>
>

export type AgentForm = {
  metadata: AgentFormMetadata
  templates: AgentDefinition[]
  texts: AgentFormTexts
  /** Services and connections to choose from; those chosen are kept. */
  choices: FieldOption[]
  connections: string[]
  /** Other agents to choose from, by name; those chosen are kept. */
  others: string[]
  asks: string[]
}

/** As many as Slack takes in one field; a file may hold more. */
const INSTRUCTIONS_CHARS = LIMITS.plainTextInput

/** The form that makes or edits an agent. Pure. */
export function agentModal(form: AgentForm): ModalView {
  const { metadata } = form
  const isNew = metadata.base === undefined
  const more = showsMore(form)
  return createModal({
    id: 'agent',
    title: isNew ? 'New agent' : 'Edit agent',
    submit: 'Save',
    close: 'Cancel',
    metadata: { ...metadata, ...(more && { more }) },
    blocks: [
      ...(isNew && form.templates.length > 0 ? [templateBlock(form)] : []),
      ...usualFields(form).map(inputBlockOf),
      ...connectionBlocks(form),
      ...(more ? [...askBlocks(form), ...rareFields(form).map(inputBlockOf)] : [moreBlock()]),
    ],
  })
}

/** What was filled in is never hidden. */
const showsMore = ({ metadata, texts, asks }: AgentForm): boolean =>
  metadata.more === true || asks.length > 0 || [texts.tools, texts.model, texts.turns, texts.cost].some(Boolean)

function templateBlock({ templates, metadata }: AgentForm): KnownBlock {
  const options = templates.map((one) => ({
    ...createOption(one.name, one.name),
    description: plainTextObject(one.purpose, LIMITS.option.description),
  }))
  const chosen = options.find(({ value }) => value === metadata.template)
  const element: StaticSelect = {
    type: 'static_select',
    action_id: 'agent_template',
    placeholder: plainTextObject('Begin with a template', LIMITS.placeholder),
    options,
    ...(chosen && { initial_option: chosen }),
  }
  const hint = 'Fills in what you have not typed yourself.'
  return {
    ...inputBlock({ id: 'template', label: 'Template', hint, optional: true, element }),
    dispatch_action: true,
  }
}

/** Only fields that a template fills get another id with it. */
const textField = (
  { metadata: { filled }, texts }: AgentForm,
  id: keyof AgentFormTexts,
  field: { label: string; hint?: string; optional?: boolean; max: number; multiline?: boolean; placeholder?: string },
): ModalField => ({ kind: 'text', id, action: `${id}.${filled}`, initial: texts[id], optional: false, ...field })

const usualFields = (form: AgentForm): ModalField[] => [
  textField(form, 'name', {
    label: 'Name',
    hint: 'People write it first: “@Patchbay Release helper, what is in 2.4?”',
    max: 40,
    placeholder: 'Release helper',
  }),
  textField(form, 'face', {
    label: 'Face',
    hint: 'It stands on its messages: an emoji by its name between colons, or the https address of a picture.',
    optional: true,
    max: 500,
    placeholder: ':package:',
  }),
  textField(form, 'purpose', {
    label: 'What it is for',
    hint: 'One line. People choose it by this.',
    max: 200,
    placeholder: 'Says what is in a release and whether it can go out',
  }),
  textField(form, 'instructions', {
    label: 'Instructions',
    hint: 'What it should do, and how its answers should look, as you would tell a new colleague.',
    optional: true,
    multiline: true,
    max: INSTRUCTIONS_CHARS,
  }),
]

function connectionBlocks({ choices, connections }: AgentForm): KnownBlock[] {
  if (choices.length === 0)
    return [contextBlock('You have no connections yet, so it will work with all that whoever asks it has.')]
  const chosen = choices.filter(({ value }) => connections.some((one) => one === value)).map(({ id }) => id)
  return [
    inputBlockOf({
      kind: 'choices',
      id: 'connections',
      label: 'Connections it may use',
      hint: 'Leave empty for all. Whoever asks, it works with their own connections, never with yours.',
      optional: true,
      options: choices,
      chosen,
      max: 50,
    }),
  ]
}

const askBlocks = ({ others, asks }: AgentForm): KnownBlock[] =>
  others.length === 0
    ? []
    : [
        inputBlockOf({
          kind: 'choices',
          id: 'asks',
          label: 'Agents it may ask for help',
          hint: 'It can give parts of the work to these, side by side, and answers with what they found. Each costs as a request does.',
          optional: true,
          options: askChoices(others),
          chosen: askChoices(asks).map(({ id }) => id),
          max: MOST_ASKED,
        }),
      ]

const MOST_ASKED = 10

export const askChoices = (names: string[]): FieldOption[] =>
  names.map((name) => ({ text: name, id: name, value: name }))

const moreBlock = (): KnownBlock =>
  actionsBlock([
    createButton({
      text: 'More: helpers, tools, model, limits',
      action: 'agent_form_more',
      value: 'more',
    }),
  ])

const rareFields = (form: AgentForm): ModalField[] => [
  textField(form, 'tools', {
    label: 'Only these tools',
    hint: 'One a line, as `/mcp tools` names them. Leave empty for all tools of its connections.',
    optional: true,
    multiline: true,
    max: INSTRUCTIONS_CHARS,
  }),
  textField(form, 'model', {
    label: 'Model',
    hint: 'The full name of a Claude model. Leave empty for the one I use.',
    optional: true,
    max: 100,
  }),
  textField(form, 'turns', {
    label: 'Most turns a request',
    hint: '2 to 15. A turn is one answer of the model, perhaps with calls; the last one is the answer.',
    optional: true,
    max: 2,
  }),
  textField(form, 'cost', {
    label: 'Most US dollars a request',
    hint: 'It stops there and says so. Leave empty for my usual limit.',
    optional: true,
    max: 10,
    placeholder: '0.50',
  }),
]

/** An agent as texts of the form. */
export const textsOfAgent = ({
  name,
  face,
  purpose,
  instructions,
  tools,
  model,
  limits,
}: AgentDefinition): AgentFormTexts => ({
  name,
  purpose,
  instructions,
  ...(face !== undefined && { face }),
  ...(tools !== undefined && { tools: tools.join('\n') }),
  ...(model !== undefined && { model }),
  ...(limits?.turns !== undefined && { turns: String(limits.turns) }),
  ...(limits?.costUsd !== undefined && { cost: String(limits.costUsd) }),
})

/** What was typed, with a template's words where nothing was typed or another template's words stood. */
export function fillFormTexts(
  typed: AgentFormTexts,
  before: AgentDefinition | undefined,
  template: AgentDefinition | undefined,
): AgentFormTexts {
  const old: AgentFormTexts = before === undefined ? {} : textsOfAgent(before)
  const own = Object.entries(typed).filter(([id, text]) => text !== '' && text !== textIn(old, id))
  return { ...(template && textsOfAgent(template)), ...Object.fromEntries(own) }
}

const textIn = (texts: AgentFormTexts, id: string): string | undefined =>
  Object.entries(texts).find(([name]) => name === id)?.[1]
