import type { HomeView, KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Rule } from '../../policy/rules.ts'
import type { Connection } from '../../registry/connection.ts'
import type { PendingInput } from '../../run/runs.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import type { MonthUsage, RecentRun } from '../../run/usage.ts'
import { approvalCard } from './approval-card.ts'
import { actions, commandButton, context, divider, header, section } from './blocks.ts'
import type { CircuitOf } from './circuit.ts'
import { type CardOf, connectionBlocks } from './connections.ts'
import { recentBlocks } from './home-recent.ts'
import { overBudget, settingsBlocks, type WorkspacePicture } from './home-settings.ts'
import { usageBlocks } from './home-usage.ts'
import { inputCard } from './input-card.ts'
import { ownRule, sayApprovers } from './rules.ts'
import { plural } from './text.ts'

export type HomePicture = {
  pending: { state: RunState; call: CallState }[]
  /** What servers ask of this person. */
  inputs: PendingInput[]
  now: Date
  connections: Connection[]
  rules: Rule[]
  approvers: string[]
  recent: RecentRun[]
  usage: MonthUsage
  cardOf: CardOf
  circuitOf?: CircuitOf
  /** For owners and admins. */
  workspace: WorkspacePicture | undefined
}

/** Together with everything else these stay under Slack's 100 blocks. */
export const HOME_SHOWS = { pending: 5, inputs: 2, connections: 8, rules: 8, recent: 5 }

/** The Home tab: what waits for this person first, then what is theirs, then what they manage. Pure. */
export function homeView(picture: HomePicture): HomeView {
  const { workspace } = picture
  const blocks = [
    ...(workspace === undefined ? [] : overBudget(workspace)),
    ...pendingBlocks(picture),
    ...inputBlocks(picture),
    ...connectionsBlocks(picture),
    ...recentBlocks(picture.recent.slice(0, HOME_SHOWS.recent)),
    ...rulesBlocks(picture),
    ...usageBlocks(picture.usage),
    ...(workspace === undefined ? [] : settingsBlocks(workspace)),
  ]
  return { type: 'home', callback_id: 'home', blocks: blocks.slice(0, LIMITS.view.blocks) }
}

function pendingBlocks({ pending }: HomePicture): KnownBlock[] {
  if (pending.length === 0) return []
  const cards = pending
    .slice(0, HOME_SHOWS.pending)
    .flatMap(({ state, call }) =>
      call.approval === undefined ? [] : [...approvalCard({ state, call, approval: call.approval }).blocks, divider],
    )
  const rest = pending.length - HOME_SHOWS.pending
  return [
    header(`${plural(pending.length, 'approval')} waiting for you`),
    ...cards,
    ...(rest > 0 ? [context(`and ${rest} more, shown here once you have decided these.`)] : []),
  ]
}

function inputBlocks({ inputs, now }: HomePicture): KnownBlock[] {
  if (inputs.length === 0) return []
  const rest = inputs.length - HOME_SHOWS.inputs
  return [
    header(`${plural(inputs.length, 'question')} waiting for your answer`),
    ...inputs.slice(0, HOME_SHOWS.inputs).flatMap((asked) => [...inputCard(asked, now).blocks, divider]),
    ...(rest > 0 ? [context(`and ${rest} more, shown here once you have answered these.`)] : []),
  ]
}

function connectionsBlocks({ connections, cardOf, circuitOf }: HomePicture): KnownBlock[] {
  const shown = connections.slice(0, HOME_SHOWS.connections)
  const rest = connections.length - shown.length
  const none = section(
    'None yet. Connect a tool, then ask me to use it in the _Messages_ tab or by mentioning me in a channel.',
  )
  const demo = commandButton('Try the demo database', 'connect demo-database')
  return [
    header('Your connections'),
    ...(shown.length === 0 ? [none] : shown.flatMap((one) => connectionBlocks(one, cardOf, circuitOf))),
    actions(
      [
        commandButton('Connect a tool', 'connect', 'primary'),
        commandButton('Find a tool', 'search'),
        ...(shown.length === 0 ? [demo] : [commandButton('All tools', 'tools'), commandButton('Test all', 'test')]),
        ...(rest > 0 ? [commandButton(`Show ${rest} more`, 'list')] : []),
        commandButton('Help', 'help'),
      ],
      'home more',
    ),
    divider,
  ]
}

function rulesBlocks({ rules, approvers }: HomePicture): KnownBlock[] {
  const own = rules.filter((rule) => rule.scope === 'person')
  const shown = own.slice(0, HOME_SHOWS.rules)
  const more =
    own.length > shown.length ? [actions([commandButton(`Show all ${own.length} rules`, 'rules')], 'home rules')] : []
  const none = context('None. _Always allow_ on an approval card makes one, and you can take it back here.')
  return [
    header('Your rules'),
    ...(own.length === 0 ? [none] : shown.map(ownRule)),
    ...more,
    context(sayApprovers(approvers)),
    divider,
  ]
}
