import type { KnownBlock } from '@slack/types'
import type { Rule } from '../../policy/rules.ts'
import { actions, button, commandButton, context, type Saying, section } from './blocks.ts'
import { listed, literal, mention, moment, plural } from './text.ts'

/** A person's own rules with Revoke, and what the workspace decided. */
export function sayRules(rules: Rule[], approvers: string[]): Saying {
  const own = rules.filter((rule) => rule.scope === 'person')
  const shared = rules.filter((rule) => rule.scope === 'workspace')
  const none =
    own.length === 0 ? [section('You have no rules of your own. _Always allow_ on an approval card makes one.')] : []
  return {
    text: `You have ${own.length === 0 ? 'no rules' : plural(own.length, 'rule')} of your own.`,
    blocks: [
      ...none,
      ...own.slice(0, 20).map(ownRule),
      ...(own.length > 20 ? [context(`and ${own.length - 20} more`)] : []),
      ...(shared.length > 0 ? [section(`*Everybody here*\n${shared.slice(0, 20).map(sharedRule).join('\n')}`)] : []),
      context(sayApprovers(approvers)),
      actions([commandButton('My connections', 'list'), commandButton('Help', 'help')]),
    ],
  }
}

export function ownRule(rule: Rule): KnownBlock {
  const where = rule.connectionName ?? rule.card ?? 'any connection'
  const tool = rule.tool === '*' ? 'any tool' : `*${literal(rule.tool)}*`
  return section(
    `${VERDICTS[rule.verdict]} ${tool} of *${literal(where)}*, since ${moment(rule.createdAt)}`,
    button({
      text: 'Revoke',
      action: `rule_revoke:${rule.id}`,
      value: rule.id,
      says: `Revoke the rule for ${rule.tool}`,
    }),
  )
}

const VERDICTS = {
  allow: ':white_check_mark: Always allow',
  ask: ':raised_hand: Always ask before',
  deny: ':no_entry: Never allow',
}

function sharedRule(rule: Rule): string {
  const tool = rule.tool === '*' ? 'any tool' : rule.tool
  return `${VERDICTS[rule.verdict]} ${literal(tool)} of ${literal(rule.card ?? 'any service')}${rule.fourEyes ? ', approved by somebody else' : ''}`
}

export const sayApprovers = (approvers: string[]): string =>
  approvers.length === 0
    ? 'Approvers: nobody in particular. People approve their own destructive calls.'
    : `Approvers: ${listed(approvers.slice(0, 40).map(mention))} decide${approvers.length === 1 ? 's' : ''} destructive calls.`

function countApprovers(count: number): string {
  if (count === 0) return 'There are no approvers.'
  return `There ${count === 1 ? 'is' : 'are'} ${plural(count, 'approver')}.`
}

export function approversSaying(approvers: string[], mayManage: boolean, note = ''): Saying {
  const how = mayManage
    ? 'Change it in my Home tab, or with `/mcp approvers @name @name` and `/mcp approvers none`.'
    : 'An owner or admin of this workspace can change it.'
  return {
    text: `${note}${countApprovers(approvers.length)}`,
    blocks: [section(`${note}${sayApprovers(approvers)}`), context(how)],
  }
}
