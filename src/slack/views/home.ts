import type { HomeView, KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Rule } from '../../policy/rules.ts'
import type { Connection } from '../../registry/connection.ts'
import type { CallState, RunState } from '../../run/state.ts'
import { approvalCard } from './approval-card.ts'
import { actions, commandButton, context, divider, header, section } from './blocks.ts'
import { type CardOf, connectionBlocks } from './connections.ts'
import { ownRule } from './rules.ts'
import { clip, literal, moment, plural } from './text.ts'

export type HomePicture = {
  pending: { state: RunState; call: CallState }[]
  connections: Connection[]
  rules: Rule[]
  recent: RunState[]
  cardOf: CardOf
}

const SHOWN = { pending: 5, connections: 15, rules: 10, recent: 5 }

/** The Home tab: what waits for this person first, then what is theirs. Pure. */
export function homeView(picture: HomePicture): HomeView {
  const blocks = [
    ...pendingBlocks(picture),
    ...connectionsBlocks(picture),
    ...rulesBlocks(picture),
    ...recentBlocks(picture),
  ]
  return { type: 'home', callback_id: 'home', blocks: blocks.slice(0, LIMITS.view.blocks) }
}

function pendingBlocks({ pending }: HomePicture): KnownBlock[] {
  if (pending.length === 0) return []
  const cards = pending
    .slice(0, SHOWN.pending)
    .flatMap(({ state, call }) =>
      call.approval === undefined ? [] : [...approvalCard({ state, call, approval: call.approval }).blocks, divider],
    )
  return [header(`${plural(pending.length, 'approval')} waiting for you`), ...cards]
}

function connectionsBlocks({ connections, cardOf }: HomePicture): KnownBlock[] {
  const shown = connections.slice(0, SHOWN.connections)
  const rest = connections.length - shown.length
  const none = section(
    'None yet. Connect a tool, then ask me to use it in the _Messages_ tab or by mentioning me in a channel.',
  )
  return [
    header('Your connections'),
    ...(shown.length === 0 ? [none] : shown.flatMap((one) => connectionBlocks(one, cardOf))),
    ...(rest > 0 ? [context(`and ${rest} more: /mcp list`)] : []),
    actions([commandButton('Connect a tool', 'connect', 'primary'), commandButton('Help', 'help')], 'home more'),
    divider,
  ]
}

function rulesBlocks({ rules }: HomePicture): KnownBlock[] {
  const own = rules.filter((rule) => rule.scope === 'person').slice(0, SHOWN.rules)
  if (own.length === 0) return []
  return [header('Your rules'), ...own.map(ownRule), divider]
}

function recentBlocks({ recent }: HomePicture): KnownBlock[] {
  if (recent.length === 0) return []
  const lines = recent.slice(0, SHOWN.recent).map(recentLine)
  return [header('Recent requests'), ...lines.map((line) => context(line))]
}

const MARKS = {
  working: ':hourglass_flowing_sand:',
  finished: ':white_check_mark:',
  failed: ':warning:',
  stopped: ':octagonal_sign:',
}

function recentLine(state: RunState): string {
  const at = new Date(Number(state.origin.messageTs) * 1_000)
  const [words = ''] = state.text.trim().split('\n')
  return `${MARKS[state.status]} ${literal(clip(words, 120))} · ${plural(state.calls.length, 'tool call')} · ${moment(at)}`
}
