import { ACTIONS_ELEMENTS, INPUT_ELEMENTS, SECTION_ELEMENTS } from './elements.ts'
import { LIMITS } from './limits.ts'
import {
  anyText,
  anything,
  blocks,
  elements,
  type Fields,
  fields,
  flag,
  IMAGE_SOURCE,
  list,
  mrkdwn,
  one,
  plainText,
  type Shape,
  type ShapeRule,
  type Surface,
  text,
  whole,
} from './shape.ts'

/** A block type: where it may stand, its fields, and the rules between them. */
export type BlockSpec = { surfaces: readonly Surface[]; fields: Fields; rules: readonly ShapeRule[] }

const EVERYWHERE: Surface[] = ['message', 'modal', 'home']

function spec(surfaces: Surface[], shapes: Record<string, Shape>, ...rules: ShapeRule[]): BlockSpec {
  return { surfaces, fields: fields({ type: text(64), 'block_id?': text(LIMITS.id), ...shapes }), rules }
}

const image = elements('image')
const cell: Shape = { kind: 'element', types: ['raw_text', 'raw_number', 'rich_text'] }
const rows = (max: { rows: number; columns: number }): Shape => list(list(cell, max.columns), max.rows)
const CHILDREN = [
  ...['actions', 'context', 'divider', 'file', 'header', 'image', 'input', 'rich_text', 'section', 'table', 'video'],
]

/** Every block Slack knows, by `type` (docs.slack.dev/reference/block-kit/blocks). */
export const BLOCKS: Record<string, BlockSpec> = {
  section: spec(
    EVERYWHERE,
    {
      'text?': anyText(LIMITS.section.text),
      'fields?': list(anyText(LIMITS.section.fieldText), LIMITS.section.fields),
      'accessory?': SECTION_ELEMENTS,
      'expand?': flag,
    },
    { rule: 'any_of', fields: ['text', 'fields'] },
  ),
  divider: spec(EVERYWHERE, {}),
  header: spec(EVERYWHERE, { text: plainText(LIMITS.header), 'level?': whole(1, 6) }),
  actions: spec(EVERYWHERE, { elements: list(ACTIONS_ELEMENTS, LIMITS.actions) }),
  context: spec(EVERYWHERE, { elements: list(elements('image', 'plain_text', 'mrkdwn'), LIMITS.context) }),
  context_actions: spec(['message'], {
    elements: list(elements('feedback_buttons', 'icon_button'), LIMITS.contextActions),
  }),
  image: spec(
    EVERYWHERE,
    { alt_text: text(LIMITS.image.altText), 'title?': plainText(LIMITS.image.title), ...IMAGE_SOURCE },
    { rule: 'one_of', fields: ['image_url', 'slack_file'] },
  ),
  input: spec(EVERYWHERE, {
    label: plainText(LIMITS.input.label),
    element: INPUT_ELEMENTS,
    'hint?': plainText(LIMITS.input.hint),
    'optional?': flag,
    'dispatch_action?': flag,
  }),
  markdown: spec(['message'], { text: text(LIMITS.markdown) }),
  rich_text: spec(EVERYWHERE, { elements: list(anything, 1_000, 0) }),
  alert: spec(['modal'], {
    text: anyText(LIMITS.alert),
    'level?': one('default', 'info', 'warning', 'error', 'success'),
  }),
  card: spec(
    EVERYWHERE,
    {
      'hero_image?': image,
      'icon?': image,
      'title?': mrkdwn(LIMITS.card.title),
      'subtitle?': mrkdwn(LIMITS.card.subtitle),
      'body?': mrkdwn(LIMITS.card.body),
      'actions?': list(elements('button'), LIMITS.card.actions),
    },
    { rule: 'any_of', fields: ['hero_image', 'title', 'actions', 'body'] },
  ),
  carousel: spec(EVERYWHERE, { elements: list(blocks('card'), LIMITS.carousel) }),
  container: spec(
    ['message', 'home'],
    {
      'title?': plainText(LIMITS.container.title),
      'rich_text_title?': blocks('rich_text'),
      'subtitle?': anyText(LIMITS.container.subtitle),
      child_blocks: list(blocks(...CHILDREN), LIMITS.container.blocks),
      'width?': one('narrow', 'standard', 'wide', 'full'),
      'icon?': image,
      'is_collapsible?': flag,
      'default_collapsed?': flag,
      'has_header_divider?': flag,
    },
    { rule: 'any_of', fields: ['title', 'rich_text_title'] },
  ),
  plan: spec(
    ['message'],
    { title: text(LIMITS.plan.title), 'tasks?': list(blocks('task_card'), LIMITS.plan.tasks, 0) },
    { rule: 'unique', list: 'tasks', key: 'task_id' },
  ),
  task_card: spec(['message'], {
    task_id: text(LIMITS.id),
    title: text(LIMITS.taskCard.title),
    'details?': blocks('rich_text'),
    'output?': blocks('rich_text'),
    'sources?': list(elements('url'), 100, 0),
    status: one('pending', 'in_progress', 'complete', 'error'),
  }),
  table: spec(EVERYWHERE, {
    rows: rows(LIMITS.table),
    'column_settings?': list(anything, LIMITS.table.columns),
  }),
  data_table: spec(EVERYWHERE, {
    rows: rows({ rows: LIMITS.dataTable.rows + 1, columns: LIMITS.dataTable.columns }),
    caption: text(LIMITS.text),
    'page_size?': whole(1, LIMITS.dataTable.pageSize),
    'row_header_column_index?': whole(0, LIMITS.dataTable.columns - 1),
  }),
  video: spec(EVERYWHERE, {
    video_url: text(LIMITS.image.url),
    thumbnail_url: text(LIMITS.image.url),
    alt_text: text(LIMITS.image.altText),
    title: plainText(LIMITS.video.title),
    'title_url?': text(LIMITS.image.url),
    'author_name?': text(LIMITS.video.author),
    'provider_name?': text(LIMITS.id),
    'provider_icon_url?': text(LIMITS.image.url),
    'description?': plainText(LIMITS.video.title),
  }),
  file: spec(['message'], { external_id: text(LIMITS.id), source: one('remote') }),
  /** Documented, but in no published type: its inside is left to Slack. */
  data_visualization: { surfaces: ['message'], fields: {}, rules: [] },
}
