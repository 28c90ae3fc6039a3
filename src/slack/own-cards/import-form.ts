import type { AlertBlock, KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { ImportedOffer, ImportOutcome } from '../../connect/own-cards/own-card-types.ts'
import {
  actionsBlock,
  contextBlock,
  createCommandButton,
  createModal,
  inputBlock,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { inputBlockOf } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, joinWords, pluralize } from '../blocks/text.ts'
import { createConnectButton } from './card-sharing-message.ts'

/** Asks for a configuration, as text or as a file. `alert`: why the last one could not be read. */
export function importModal({
  initial,
  alert,
  channel,
}: {
  initial?: string
  alert?: string
  channel?: string
} = {}): ModalView {
  return createModal({
    id: 'import',
    title: 'Import tools',
    submit: 'Read it',
    close: 'Cancel',
    metadata: channel === undefined ? {} : { channel },
    blocks: [
      ...(alert === undefined ? [] : [alertBlock(alert)]),
      sectionBlock(
        'Bring the MCP servers of another app: its configuration, an install link, or a line such as `claude mcp add …`. You get a form for each server.',
      ),
      inputBlockOf({
        id: 'text',
        label: 'Configuration',
        hint: 'At most 3,000 characters. Keys in it are not kept: you enter them in the form of each server.',
        optional: true,
        kind: 'text',
        multiline: true,
        max: LIMITS.plainTextInput,
        initial,
        placeholder: '{ "mcpServers": { … } }',
      }),
      inputBlock({
        id: 'file',
        label: 'Or its file',
        hint: 'At most 5 MB. Of a larger one, paste only the part with the servers. I read the file once; in Slack it stays among your files.',
        optional: true,
        element: { type: 'file_input', action_id: 'file', max_files: 1 },
      }),
    ],
  })
}

const alertBlock = (text: string): AlertBlock => ({
  type: 'alert',
  level: 'error',
  text: plainTextObject(text, LIMITS.alert),
})

type Found = Extract<ImportOutcome, { offers: ImportedOffer[] }>

/** What was found in a configuration: what can be connected with a button each, and why the rest cannot. Pure. */
export function importedMessage({ offers, more }: Found): MessageContent {
  const usable = offers.filter((one) => one.kind === 'offer')
  const [on, off] = [usable.filter((one) => !one.off), usable.filter((one) => one.off)]
  const refused = offers.filter((one) => one.kind === 'refused')
  const title = `I found ${pluralize(offers.length + more, 'server')}${summaryOf(usable.length, refused.length, more)}`
  return {
    text: title,
    blocks: [
      sectionBlock(`*${title}*`),
      ...on.map(offerBlock),
      ...(off.length === 0 ? [] : [contextBlock('Switched off there:'), ...off.map(offerBlock)]),
      ...refusedBlocks(refused),
      ...(more === 0 ? [] : [contextBlock(`${more} more are not listed. Import them in smaller parts.`)]),
      ...(usable.some((one) => one.host !== undefined)
        ? [
            contextBlock(
              'No keys were taken over: each form asks for what its server needs. What you do not connect now you find with `/mcp cards` for 7 days.',
            ),
          ]
        : []),
      actionsBlock([createCommandButton('Import more', 'import'), createCommandButton('My connections', 'list')]),
    ],
  }
}

function summaryOf(usable: number, refused: number, more: number): string {
  if (more > 0) return `. Of the first ${usable + refused} I can connect ${usable}`
  if (refused === 0) return ''
  return usable === 0 ? ', none of which I can connect' : `, ${usable} of which I can connect`
}

type Usable = Extract<ImportedOffer, { kind: 'offer' }>

function offerBlock(offer: Usable): KnownBlock {
  const { card, title, host, leftOut } = offer
  const leads = host === undefined ? `connects as *${escapeInlineMrkdwn(title)}*` : `at ${escapeInlineMrkdwn(host)}`
  const dropped = leftOut.map((name) => `\`${escapeInlineMrkdwn(name)}\``)
  const note = dropped.length === 0 ? '' : `\nNot taken over: ${joinWords(dropped)}.`
  return sectionBlock(`${nameText(offer)} ${leads}${note}`, createConnectButton(card, title))
}

const nameText = ({ called, folder }: Pick<ImportedOffer, 'called' | 'folder'>): string =>
  `*${escapeInlineMrkdwn(called)}*${folder ? ` (in ${escapeMrkdwn(folder)})` : ''}`

/** As many as fit into one text. */
const REFUSED_PER_BLOCK = 8

function refusedBlocks(refused: Extract<ImportedOffer, { kind: 'refused' }>[]): KnownBlock[] {
  const lines = refused.map((one) => `• ${nameText(one)}: ${escapeMrkdwn(one.why)}`)
  const starts = Array.from({ length: Math.ceil(lines.length / REFUSED_PER_BLOCK) }, (_, at) => at * REFUSED_PER_BLOCK)
  const head = lines.length === 0 ? [] : [sectionBlock('*I cannot connect these:*')]
  return [...head, ...starts.map((from) => sectionBlock(lines.slice(from, from + REFUSED_PER_BLOCK).join('\n')))]
}
