import type { KnownBlock } from '@slack/types'
import type { RecentRun } from '../../run/usage.ts'
import { divider, header, section } from './blocks.ts'
import { detailsButton } from './details-button.ts'
import { clip, literal, moment, plural } from './text.ts'

const OUTCOMES: Record<RecentRun['outcome'], [mark: string, words: string]> = {
  working: [':hourglass_flowing_sand:', 'in progress'],
  waiting: [':raised_hand:', 'waiting for approval'],
  finished: [':white_check_mark:', 'done'],
  failed: [':warning:', 'failed'],
  stopped: [':octagonal_sign:', 'stopped'],
}

/** What a person asked last and how it ended. */
export function recentBlocks(recent: RecentRun[]): KnownBlock[] {
  if (recent.length === 0) return []
  return [header('Recent requests'), ...recent.map((run) => section(recentLine(run), detailsButton(run.id))), divider]
}

function recentLine({ text, outcome, why, calls, place, channel, at }: RecentRun): string {
  const [mark, said] = OUTCOMES[outcome]
  const [words = ''] = text.trim().split('\n')
  const reason = why === undefined ? '' : `: ${literal(clip(why, 200))}`
  const where = place === 'dm' ? 'in our direct messages' : `in <#${channel}>`
  const used = calls === 0 ? '' : ` · ${plural(calls, 'tool call')}`
  return `${mark} *${literal(clip(words, 120).replaceAll('*', ''))}* ${said}${reason} · ${where}${used} · ${moment(at)}`
}
