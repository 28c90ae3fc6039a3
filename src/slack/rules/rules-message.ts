import type { KnownBlock } from '@slack/types'
import { isTooWide, type Rule } from '../../policy/rules.ts'
import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, joinWords, mentionOf, pluralize } from '../blocks/text.ts'
import { allowedText } from './reach-text.ts'
import { type WorkspaceRules, workspaceRulesBlocks } from './workspace-rules-blocks.ts'

/** A person's rules with Revoke buttons, the workspace's rules and its approvers. Pure. */
export function rulesMessage(shared: WorkspaceRules, approvers: string[], mayManage: boolean): MessageContent {
  const { rules } = shared
  const own = rules.filter((rule) => rule.scope === 'person')
  const none =
    own.length === 0
      ? [
          sectionBlock(
            'You have no rules of your own. _Always allow_ or _Allow in this thread_ on an approval card makes one.',
          ),
        ]
      : []
  return {
    text: `You have ${own.length === 0 ? 'no rules' : pluralize(own.length, 'rule')} of your own.`,
    blocks: [
      ...none,
      ...own.slice(0, 20).map(ruleBlock),
      ...(own.length > 20 ? [contextBlock(`and ${own.length - 20} more`)] : []),
      ...workspaceRulesBlocks(shared, { mayManage, most: 20 }),
      contextBlock(approversText(approvers)),
      actionsBlock([createCommandButton('My connections', 'list'), createCommandButton('Help', 'help')]),
    ],
  }
}

export function ruleBlock(rule: Rule): KnownBlock {
  const tooWide = isTooWide(rule)
  return sectionBlock(
    tooWide ? tooWideText(rule) : `${ownRuleText(rule)}, since ${formatDate(rule.createdAt)}`,
    createButton({
      text: tooWide ? 'Remove' : 'Revoke',
      action: `rule_revoke:${rule.id}`,
      value: rule.id,
      accessibilityLabel: `Revoke the rule for ${rule.tool}`,
    }),
  )
}

function ownRuleText(rule: Rule): string {
  const { tool, connectionName = 'a connection', reach, conversation, verdict } = rule
  if (verdict !== 'allow' || reach === undefined)
    return `${VERDICTS[verdict]} ${toolTextOf(rule)} of *${escapeMrkdwn(connectionName)}*`
  const what = escapeInlineMrkdwn(allowedText({ tool, connectionName, reach }))
  return conversation === undefined
    ? `${VERDICTS.allow} ${what}, ${placeText(reach.place)}`
    : `:white_check_mark: Allow ${what},${threadText(conversation)}`
}

/** Such a rule once allowed any arguments, and allows nothing now. */
const tooWideText = (rule: Rule): string =>
  `:warning: Too wide, so I no longer use it: ${toolTextOf(rule)} of *${escapeMrkdwn(rule.connectionName ?? 'a connection')}* with any arguments, everywhere. _Always allow_ on the next card makes a narrow rule.`

const toolTextOf = ({ tool }: Rule): string => (tool === '*' ? 'any tool' : `*${escapeMrkdwn(truncate(tool, 130))}*`)

const placeText = (place: string): string => (place === 'dm' ? 'in our direct messages' : `in <#${place}>`)

/** The key of a conversation names its channel second. */
function threadText(conversation: string): string {
  const [, channel = ''] = conversation.split(':')
  return channel.startsWith('D') ? ' in one thread of our direct messages' : ` in one thread in <#${channel}>`
}

const VERDICTS = {
  allow: ':white_check_mark: Always allow',
  ask: ':raised_hand: Always ask before',
  deny: ':no_entry: Never allow',
}

export const approversText = (approvers: string[]): string =>
  approvers.length === 0
    ? 'Approvers: nobody in particular. People decide on their own requests.'
    : `Approvers: ${joinWords(approvers.slice(0, 40).map(mentionOf))} decide${approvers.length === 1 ? 's' : ''} on what can destroy something.`

function approverCountText(count: number): string {
  if (count === 0) return 'There are no approvers.'
  return `There ${count === 1 ? 'is' : 'are'} ${pluralize(count, 'approver')}.`
}

export function approversMessage(approvers: string[], mayManage: boolean, note = ''): MessageContent {
  const how = mayManage ? 'Change it in my Home tab.' : 'An owner of this workspace can change it.'
  return {
    text: `${note}${approverCountText(approvers.length)}`,
    blocks: [sectionBlock(`${note}${approversText(approvers)}`), contextBlock(how)],
  }
}
