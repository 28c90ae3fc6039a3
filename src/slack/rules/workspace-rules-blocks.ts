import type { KnownBlock } from '@slack/types'
import type { Rule } from '../../policy/rules.ts'
import type { Connectors } from '../../policy/settings.ts'
import { truncate } from '../../text.ts'
import { actionsBlock, contextBlock, createButton, createCommandButton, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'

/** The rules for everybody, and who alone may connect what. */
export type WorkspaceRules = {
  rules: Rule[]
  connectors: Record<string, Connectors>
  titleOf(card: string): string
  groups: { id: string; handle: string }[]
}

/** What a rule is about, by its class. */
export const CALLS = {
  all: 'everything',
  read: 'what only reads',
  write: 'what changes or destroys something',
  destructive: 'what can destroy something',
}

export const CONNECTORS: Record<Connectors, string> = {
  approvers: 'Only approvers and owners',
  owners: 'Only owners',
  nobody: 'Nobody',
}

type Line = { text: string; remove: { action: string; value: string } }

function linesOf({ rules, connectors, titleOf, groups }: WorkspaceRules): Line[] {
  const shared = rules.filter(({ scope }) => scope === 'workspace')
  return [
    ...shared.map((rule) => ({
      text: `${workspaceRuleText(rule, titleOf)}${groupText(rule, groups)}`,
      remove: { action: `rule_remove:${rule.id}`, value: rule.id },
    })),
    ...Object.entries(connectors).map(([card, who]) => ({
      text: `:electric_plug: *${CONNECTORS[who]}* may connect ${card === '*' ? 'services that no other rule names' : `*${escapeMrkdwn(titleOf(card))}*`}`,
      remove: { action: `connectors_remove:${card}`, value: card },
    })),
  ]
}

function workspaceRuleText(rule: Rule, titleOf: WorkspaceRules['titleOf']): string {
  const { tool, card, channel } = rule
  const calls = tool === '*' ? CALLS[rule.class ?? 'all'] : `*${escapeMrkdwn(truncate(tool, 130))}*`
  const service = card === undefined ? 'any service' : `*${escapeMrkdwn(titleOf(card))}*`
  return `${verdictText(rule)} ${calls} with ${service}${channel === undefined ? '' : `, in <#${channel}>`}`
}

function groupText({ group }: Rule, groups: WorkspaceRules['groups']): string {
  if (group === undefined) return ''
  const handle = groups.find(({ id }) => id === group)?.handle
  return handle === undefined
    ? '; its user group cannot be found, so owners may have to approve'
    : `; only members of @${escapeMrkdwn(handle)} approve`
}

function verdictText({ verdict, fourEyes, approvals }: Rule): string {
  if (verdict === 'deny') return ':no_entry: *Forbidden:*'
  if (verdict === 'allow') return ':white_check_mark: *Allowed:*'
  if (approvals !== undefined)
    return `:busts_in_silhouette: *${approvals === 2 ? 'Two' : 'Three'} ${fourEyes ? 'others' : 'people'} approve:*`
  return fourEyes ? ':busts_in_silhouette: *Somebody else approves:*' : ':raised_hand: *Ask first:*'
}

/** The list as everybody reads it; owners can add and remove. Pure. */
export function workspaceRulesBlocks(shared: WorkspaceRules, o: { mayManage: boolean; most: number }): KnownBlock[] {
  const lines = linesOf(shared)
  const shown = lines.slice(0, o.most)
  const rest = lines.length - shown.length
  if (!o.mayManage) {
    const text = shown.map((line) => line.text).join('\n')
    return lines.length === 0 ? [] : [sectionBlock(`*Rules for everybody here*\n${text}`), ...restBlocks(rest)]
  }
  const none =
    lines.length === 0 ? '\nNone yet. A rule can forbid something, ask first, or let somebody else approve.' : ''
  return [
    sectionBlock(`*Rules for everybody here*${none}`),
    ...shown.map(({ text, remove }) =>
      sectionBlock(text, createButton({ text: 'Remove', ...remove, accessibilityLabel: 'Remove this rule' })),
    ),
    ...restBlocks(rest),
    actionsBlock([
      createButton({ text: 'Add a rule', action: 'rule_new', value: 'rule' }),
      createButton({ text: 'Limit who connects', action: 'connectors_new', value: 'connectors' }),
      ...(rest > 0 ? [createCommandButton('Show all rules', 'rules')] : []),
    ]),
  ]
}

const restBlocks = (rest: number): KnownBlock[] => (rest > 0 ? [contextBlock(`and ${rest} more`)] : [])
