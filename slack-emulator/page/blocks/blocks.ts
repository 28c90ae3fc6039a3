import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { Element } from '../elements/element.ts'
import { type JsonRecord, readRecords, readString } from '../state/read-json.ts'
import { renderMarkdown } from '../text/markdown.ts'
import { renderTextObject } from '../text/text-object.ts'
import { Unknown } from '../widgets/unknown.ts'
import { Card, Carousel, Container } from './cards.ts'
import { Chart } from './chart.ts'
import { Input } from './input.ts'
import { FileBlock, ImageBlock, VideoBlock } from './media.ts'
import { RichText } from './rich-text.ts'
import { DataTable, Table } from './tables.ts'
import { Plan, TaskCard } from './tasks.ts'

/** Renders blocks; an unknown block is shown as unknown. */
export function Blocks({ blocks }: { blocks: JsonRecord[] }) {
  return html`<div class="blocks">${blocks.map(
    (block, index) =>
      html`<${Block} key=${`${readString(block.block_id) || index}:${readString(block.type)}`} block=${block} />`,
  )}</div>`
}

const PAINTERS: Record<string, (block: JsonRecord) => ComponentChildren> = {
  section: (block) => html`<${Section} block=${block} />`,
  divider: () => html`<hr class="block-divider" />`,
  header: (block) => html`<h3 class="block-header">${renderTextObject(block.text)}</h3>`,
  actions: (block) => html`<div class="block-actions">${elementsOf(block)}</div>`,
  context: (block) => html`<div class="block-context">${readRecords(block.elements).map(contextPart)}</div>`,
  context_actions: (block) => html`<div class="block-actions block-context-actions">${elementsOf(block)}</div>`,
  image: (block) => html`<${ImageBlock} block=${block} />`,
  input: (block) => html`<${Input} block=${block} />`,
  markdown: (block) => html`<div class="markdown">${renderMarkdown(readString(block.text))}</div>`,
  rich_text: (block) => html`<${RichText} block=${block} />`,
  alert: (block) =>
    html`<div class=${`block-alert alert-${readString(block.level) || 'default'}`} role="alert">${renderTextObject(block.text)}</div>`,
  card: (block) => html`<${Card} block=${block} />`,
  carousel: (block) => html`<${Carousel} block=${block} />`,
  container: (block) =>
    html`<${Container} block=${block} inside=${html`<${Blocks} blocks=${readRecords(block.child_blocks)} />`} />`,
  plan: (block) => html`<${Plan} block=${block} />`,
  task_card: (block) => html`<${TaskCard} task=${block} />`,
  table: (block) => html`<${Table} block=${block} />`,
  data_table: (block) => html`<${DataTable} block=${block} />`,
  data_visualization: (block) => html`<${Chart} block=${block} />`,
  video: (block) => html`<${VideoBlock} block=${block} />`,
  file: (block) => html`<${FileBlock} block=${block} />`,
}

function Block({ block }: { block: JsonRecord }) {
  const paint = PAINTERS[readString(block.type)]
  return paint === undefined ? html`<${Unknown} what="block" thing=${block} />` : paint(block)
}

const elementsOf = (block: JsonRecord) =>
  readRecords(block.elements).map(
    (element) => html`<${Element} key=${readString(element.action_id)} element=${element} block=${block} />`,
  )

function Section({ block }: { block: JsonRecord }) {
  const accessory = readRecords([block.accessory])
  return html`<div class="block-section">
    <div class="section-words">
      ${block.text === undefined ? '' : html`<div>${renderTextObject(block.text)}</div>`}
      ${Array.isArray(block.fields) && html`<div class="section-fields">${readRecords(block.fields).map((field) => html`<div>${renderTextObject(field)}</div>`)}</div>`}
    </div>
    ${accessory.map((element) => html`<div class="section-accessory"><${Element} element=${element} block=${block} /></div>`)}
  </div>`
}

const contextPart = (part: JsonRecord) =>
  part.type === 'image'
    ? html`<img class="context-image" src=${readString(part.image_url)} alt=${readString(part.alt_text)} />`
    : html`<span>${renderTextObject(part)}</span>`
