import { LIMITS } from './limits.ts'
import {
  anyText,
  anything,
  confirm,
  elements,
  type Fields,
  fields,
  flag,
  IMAGE_SOURCE,
  list,
  matching,
  object,
  one,
  plainText,
  type Shape,
  type ShapeRule,
  text,
  whole,
} from './shape.ts'

/** An element type: its fields besides `type`, and the rules between them. */
export type ElementSpec = { fields: Fields; rules: readonly ShapeRule[] }

const spec = (shapes: Record<string, Shape>, ...rules: ShapeRule[]): ElementSpec => ({
  fields: fields({ type: text(64), ...shapes }),
  rules,
})

const ACTION = { 'action_id?': text(LIMITS.id) }
const CONFIRM = { 'confirm?': confirm }
const FOCUS = { 'focus_on_load?': flag }
const PLACEHOLDER = { 'placeholder?': plainText(LIMITS.placeholder) }
const STYLE = { 'style?': one('primary', 'danger') }
const DISPATCH = {
  'dispatch_action_config?': object({
    'trigger_actions_on?': list(one('on_enter_pressed', 'on_character_entered'), 2),
  }),
}
const LABEL = { 'accessibility_label?': text(LIMITS.button.accessibilityLabel) }
const SELECT = { ...ACTION, ...CONFIRM, ...FOCUS, ...PLACEHOLDER }
const MULTI = { ...SELECT, 'max_selected_items?': whole(1, 1_000) }

const option = (label: (max: number) => Shape, more: Record<string, Shape> = {}): Shape =>
  object({
    text: label(LIMITS.option.text),
    value: text(LIMITS.option.value),
    'description?': label(LIMITS.option.description),
    ...more,
  })

const plainOption = option(plainText)
const richOption = option(anyText)
const STATIC = {
  'options?': list(plainOption, LIMITS.options.select),
  'option_groups?': list(
    object({ label: plainText(LIMITS.option.groupLabel), options: list(plainOption, LIMITS.options.select) }),
    LIMITS.options.groups,
  ),
}
const CONVERSATIONS = {
  'default_to_current_conversation?': flag,
  'filter?': object(
    {
      'include?': list(one('im', 'mpim', 'private', 'public'), 4),
      'exclude_external_shared_channels?': flag,
      'exclude_bot_users?': flag,
    },
    { rule: 'any_of', fields: ['include', 'exclude_external_shared_channels', 'exclude_bot_users'] },
  ),
}
const SOURCE_RULE: ShapeRule = { rule: 'one_of', fields: ['options', 'option_groups'] }
const ids = list(text(LIMITS.id), 100)
const date = matching(10, /^\d{4}-\d\d-\d\d$/)
const decimal = matching(100, /^-?\d+(\.\d+)?$/)
const feedback = object({ text: plainText(LIMITS.button.text), value: text(LIMITS.button.value), ...LABEL })

/** Every element Slack knows, by `type` (docs.slack.dev/reference/block-kit/block-elements). */
export const ELEMENTS: Record<string, ElementSpec> = {
  button: spec({
    ...ACTION,
    ...CONFIRM,
    ...STYLE,
    ...LABEL,
    text: plainText(LIMITS.button.text),
    'value?': text(LIMITS.button.value, 0),
    'url?': text(LIMITS.button.url),
  }),
  workflow_button: spec({
    ...ACTION,
    ...CONFIRM,
    ...STYLE,
    ...LABEL,
    text: plainText(LIMITS.button.text),
    workflow: anything,
  }),
  icon_button: spec({
    ...ACTION,
    ...CONFIRM,
    ...LABEL,
    icon: text(64),
    text: plainText(LIMITS.button.text),
    'value?': text(LIMITS.button.value, 0),
    'visible_to_user_ids?': ids,
  }),
  feedback_buttons: spec({ ...ACTION, positive_button: feedback, negative_button: feedback }),
  checkboxes: spec(
    {
      ...ACTION,
      ...CONFIRM,
      ...FOCUS,
      options: list(richOption, LIMITS.options.checkboxes),
      'initial_options?': list(richOption, LIMITS.options.checkboxes),
    },
    { rule: 'initial_among', initial: 'initial_options' },
  ),
  radio_buttons: spec(
    { ...ACTION, ...CONFIRM, ...FOCUS, options: list(richOption, LIMITS.options.radio), 'initial_option?': richOption },
    { rule: 'initial_among', initial: 'initial_option' },
  ),
  overflow: spec({
    ...ACTION,
    ...CONFIRM,
    options: list(option(plainText, { 'url?': text(LIMITS.button.url) }), LIMITS.options.overflow),
  }),
  static_select: spec({ ...SELECT, ...STATIC, 'initial_option?': plainOption }, SOURCE_RULE, {
    rule: 'initial_among',
    initial: 'initial_option',
  }),
  multi_static_select: spec({ ...MULTI, ...STATIC, 'initial_options?': list(plainOption, 100) }, SOURCE_RULE, {
    rule: 'initial_among',
    initial: 'initial_options',
  }),
  external_select: spec({ ...SELECT, 'initial_option?': plainOption, 'min_query_length?': whole(0, 100) }),
  multi_external_select: spec({
    ...MULTI,
    'initial_options?': list(plainOption, 100),
    'min_query_length?': whole(0, 100),
  }),
  users_select: spec({ ...SELECT, 'initial_user?': text(LIMITS.id) }),
  multi_users_select: spec({ ...MULTI, 'initial_users?': ids }),
  conversations_select: spec({
    ...SELECT,
    ...CONVERSATIONS,
    'initial_conversation?': text(LIMITS.id),
    'response_url_enabled?': flag,
  }),
  multi_conversations_select: spec({ ...MULTI, ...CONVERSATIONS, 'initial_conversations?': ids }),
  channels_select: spec({ ...SELECT, 'initial_channel?': text(LIMITS.id), 'response_url_enabled?': flag }),
  multi_channels_select: spec({ ...MULTI, 'initial_channels?': ids }),
  datepicker: spec({ ...SELECT, 'initial_date?': date }),
  timepicker: spec({ ...SELECT, 'initial_time?': matching(5, /^\d\d:\d\d$/), 'timezone?': text(LIMITS.id) }),
  datetimepicker: spec({ ...ACTION, ...CONFIRM, ...FOCUS, 'initial_date_time?': whole(1_000_000_000, 9_999_999_999) }),
  plain_text_input: spec({
    ...ACTION,
    ...FOCUS,
    ...PLACEHOLDER,
    ...DISPATCH,
    'initial_value?': text(LIMITS.plainTextInput, 0),
    'multiline?': flag,
    'min_length?': whole(0, LIMITS.plainTextInput),
    'max_length?': whole(1, LIMITS.plainTextInput),
  }),
  number_input: spec({
    ...ACTION,
    ...FOCUS,
    ...PLACEHOLDER,
    ...DISPATCH,
    is_decimal_allowed: flag,
    'initial_value?': decimal,
    'min_value?': decimal,
    'max_value?': decimal,
  }),
  email_text_input: spec({
    ...ACTION,
    ...FOCUS,
    ...PLACEHOLDER,
    ...DISPATCH,
    'initial_value?': text(LIMITS.plainTextInput),
  }),
  url_text_input: spec({
    ...ACTION,
    ...FOCUS,
    ...PLACEHOLDER,
    ...DISPATCH,
    'initial_value?': text(LIMITS.plainTextInput),
  }),
  rich_text_input: spec({
    ...ACTION,
    ...FOCUS,
    ...PLACEHOLDER,
    ...DISPATCH,
    'initial_value?': anything,
    'min_lines?': whole(1, 100),
    'max_lines?': whole(1, 100),
  }),
  file_input: spec({ ...ACTION, 'filetypes?': list(text(32), 100), 'max_files?': whole(1, LIMITS.fileInput) }),
  image: spec(
    { alt_text: text(LIMITS.image.altText), ...IMAGE_SOURCE },
    { rule: 'one_of', fields: ['image_url', 'slack_file'] },
  ),
  url: spec({ url: text(LIMITS.button.url), text: text(LIMITS.text) }),
  plain_text: spec({ text: text(LIMITS.text), 'emoji?': flag }),
  mrkdwn: spec({ text: text(LIMITS.text), 'verbatim?': flag }),
  raw_text: spec({ text: text(LIMITS.text) }),
  raw_number: spec({
    value: { kind: 'number', whole: false, min: -Number.MAX_VALUE, max: Number.MAX_VALUE },
    text: text(LIMITS.text),
  }),
}

const SELECTS = [
  ...['static_select', 'external_select', 'users_select', 'conversations_select', 'channels_select'],
  ...[
    'multi_static_select',
    'multi_external_select',
    'multi_users_select',
    'multi_conversations_select',
    'multi_channels_select',
  ],
]
const PICKERS = ['checkboxes', 'radio_buttons', 'datepicker', 'timepicker']

export const ACTIONS_ELEMENTS = elements(
  ...['button', 'workflow_button', 'overflow', 'datetimepicker', 'rich_text_input'],
  ...SELECTS,
  ...PICKERS,
)
export const SECTION_ELEMENTS = elements('button', 'workflow_button', 'overflow', 'image', ...SELECTS, ...PICKERS)
export const INPUT_ELEMENTS = elements(
  ...['plain_text_input', 'number_input', 'email_text_input', 'url_text_input', 'rich_text_input', 'file_input'],
  ...['datetimepicker', ...SELECTS, ...PICKERS],
)
