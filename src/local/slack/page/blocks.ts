import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { Card, Carousel, Container } from './block-cards.ts'
import { Chart } from './block-chart.ts'
import { Input } from './block-input.ts'
import { FileBlock, Picture, Video } from './block-media.ts'
import { DataTable, Table } from './block-tables.ts'
import { Plan, TaskCard } from './block-tasks.ts'
import { Element } from './element.ts'
import { markdown } from './markdown.ts'
import { type Json, records, str } from './read.ts'
import { RichText } from './rich-text.ts'
import { paintText } from './text-object.ts'
import { Unknown } from './unknown.ts'

/** Blocks as Slack shows them; one the page does not know says so, it never vanishes. */
export function Blocks({ blocks }: { blocks: Json[] }) {
  return html`<div class="blocks">${blocks.map(
    (block, index) => html`<${Block} key=${`${str(block.block_id) || index}:${str(block.type)}`} block=${block} />`,
  )}</div>`
}

const PAINTERS: Record<string, (block: Json) => ComponentChildren> = {
  section: (block) => html`<${Section} block=${block} />`,
  divider: () => html`<hr class="block-divider" />`,
  header: (block) => html`<h3 class="block-header">${paintText(block.text)}</h3>`,
  actions: (block) => html`<div class="block-actions">${elementsOf(block)}</div>`,
  context: (block) => html`<div class="block-context">${records(block.elements).map(contextPart)}</div>`,
  context_actions: (block) => html`<div class="block-actions block-context-actions">${elementsOf(block)}</div>`,
  image: (block) => html`<${Picture} block=${block} />`,
  input: (block) => html`<${Input} block=${block} />`,
  markdown: (block) => html`<div class="markdown">${markdown(str(block.text))}</div>`,
  rich_text: (block) => html`<${RichText} block=${block} />`,
  alert: (block) =>
    html`<div class=${`block-alert alert-${str(block.level) || 'default'}`} role="alert">${paintText(block.text)}</div>`,
  card: (block) => html`<${Card} block=${block} />`,
  carousel: (block) => html`<${Carousel} block=${block} />`,
  container: (block) =>
    html`<${Container} block=${block} inside=${html`<${Blocks} blocks=${records(block.child_blocks)} />`} />`,
  plan: (block) => html`<${Plan} block=${block} />`,
  task_card: (block) => html`<${TaskCard} task=${block} />`,
  table: (block) => html`<${Table} block=${block} />`,
  data_table: (block) => html`<${DataTable} block=${block} />`,
  data_visualization: (block) => html`<${Chart} block=${block} />`,
  video: (block) => html`<${Video} block=${block} />`,
  file: (block) => html`<${FileBlock} block=${block} />`,
}

function Block({ block }: { block: Json }) {
  const paint = PAINTERS[str(block.type)]
  return paint === undefined ? html`<${Unknown} what="block" thing=${block} />` : paint(block)
}

const elementsOf = (block: Json) =>
  records(block.elements).map(
    (element) => html`<${Element} key=${str(element.action_id)} element=${element} block=${block} />`,
  )

function Section({ block }: { block: Json }) {
  const accessory = records([block.accessory])
  return html`<div class="block-section">
    <div class="section-words">
      ${block.text === undefined ? '' : html`<div>${paintText(block.text)}</div>`}
      ${Array.isArray(block.fields) && html`<div class="section-fields">${records(block.fields).map((field) => html`<div>${paintText(field)}</div>`)}</div>`}
    </div>
    ${accessory.map((element) => html`<div class="section-accessory"><${Element} element=${element} block=${block} /></div>`)}
  </div>`
}

const contextPart = (part: Json) =>
  part.type === 'image'
    ? html`<img class="context-image" src=${str(part.image_url)} alt=${str(part.alt_text)} />`
    : html`<span>${paintText(part)}</span>`
