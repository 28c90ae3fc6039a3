import type { Button, SectionBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CardInfo } from '../../connect/connect-types.ts'
import { createButton, plainTextObject, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, formatDate, joinWords } from '../blocks/text.ts'

/** How far a person is with the page for a form's secrets. */
export type SecretEntryState = { kind: 'none' } | { kind: 'open'; url: string; until: Date } | { kind: 'entered' }

type Field = CardInfo['inputs'][number]

/** The secrets that a form asks for, on request the rare ones as well. */
export const shownSecretsOf = ({ inputs }: CardInfo, more: boolean): Field[] =>
  inputs.filter((field) => field.secret && (more || !field.more))

/** In a form: how its secrets get onto the page. */
export function secretEntryBlock(fields: Field[], state: SecretEntryState, reconnects: boolean): SectionBlock {
  const labels = joinWords(fields.map(({ label }) => `*${escapeMrkdwn(label)}*`))
  const [verb, it] = fields.length === 1 ? ['is', 'it'] : ['are', 'them']
  switch (state.kind) {
    case 'none':
      return sectionBlock(
        `${labels} ${verb} entered on a page in your browser, where Slack does not see ${it}.${leaveOutText(fields, reconnects)}`,
        createButton({ text: `Enter ${it}`, action: 'connect_key', value: 'key' }),
      )
    case 'open':
      return sectionBlock(
        `${labels}: open the page, enter ${it} there, and come back. The page works once, until ${formatDate(state.until)}. It is only for you: please do not share it.`,
        pageButton(state.url),
      )
    case 'entered':
      return sectionBlock(
        `:white_check_mark: ${labels} ${verb} entered. Was it not you? Then press Cancel.`,
        createButton({ text: 'Enter again', action: 'connect_key', value: 'key' }),
      )
    default:
      return state satisfies never
  }
}

function leaveOutText(fields: Field[], reconnects: boolean): string {
  if (reconnects) return ' Without it the saved one stays.'
  return fields.some(({ required }) => required) ? '' : ' You can go on without.'
}

const pageButton = (url: string): Button => ({
  type: 'button',
  text: plainTextObject('Open the page', LIMITS.button.text),
  action_id: 'connect_key_open',
  url,
  style: 'primary',
})
