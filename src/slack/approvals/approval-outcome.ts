import type { AnswerOutcome } from '../../run/runs.ts'
import { createModal, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, formatDate, joinWords, mentionOf, pluralize } from '../blocks/text.ts'

/** What an answer came to where it did not settle the approval. */
export type UnsettledOutcome = Exclude<AnswerOutcome, { kind: 'settled' }>

const ALREADY = {
  approved: 'This was already approved',
  denied: 'This was already denied',
  expired: 'This has already expired',
  stopped: 'This was already stopped',
  withdrawn: 'This was withdrawn',
}

/** The outcome in a sentence, as mrkdwn. */
function outcomeText(outcome: UnsettledOutcome): string {
  switch (outcome.kind) {
    case 'already': {
      const by = outcome.by === undefined ? '' : ` by ${mentionOf(outcome.by)}`
      return `${ALREADY[outcome.decision]}${by} ${formatDate(outcome.at)}.`
    }
    case 'not_yours': {
      const who = joinWords(outcome.approvers.slice(0, 10).map(mentionOf), 'or')
      return `Only ${who || 'somebody else'} can decide this.`
    }
    case 'voted':
      return `You have approved this. It waits for ${pluralize(outcome.needed - outcome.votes.length, 'more person', 'more people')}.`
    case 'proposed':
      return `I asked ${mentionOf(outcome.requester)} to confirm your change, as it runs with their credentials. Nothing happens before they do.`
    case 'changed':
      return `${mentionOf(outcome.by)} changed this meanwhile. Only ${mentionOf(outcome.requester)} can decide now, on the new card in the thread that shows both versions.`
    case 'invalid': {
      const why = escapeMrkdwn(outcome.problems.map(({ message }) => message).join(' '))
      return outcome.problems.every(({ field }) => field === '') ? why : `That does not fit the tool: ${why}`
    }
    case 'gone':
      return 'This is no longer waiting for a decision. Ask again if you still want it.'
    default:
      return outcome satisfies never
  }
}

export const outcomeMessage = (outcome: UnsettledOutcome): MessageContent => textMessage(outcomeText(outcome))

/** One sentence as a message. */
export const textMessage = (text: string): MessageContent => ({ text, blocks: [sectionBlock(text)] })

/** The outcome in place of a form. */
export const outcomeModal = (content: MessageContent) =>
  createModal({ id: 'reading', title: 'Approval', blocks: content.blocks })
