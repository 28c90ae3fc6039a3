import type { KnownBlock } from '@slack/types'
import type { RecentRun } from '../../run/usage.ts'
import { detailsButton } from '../answer/details-button.ts'
import { DIVIDER_BLOCK, headerBlock, sectionBlock } from '../blocks/blocks.ts'
import { escapeMrkdwn, formatDate, pluralize, truncate } from '../blocks/text.ts'

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
  return [
    headerBlock('Recent requests'),
    ...recent.map((run) => sectionBlock(recentLine(run), detailsButton(run.id))),
    DIVIDER_BLOCK,
  ]
}

function recentLine({ text, outcome, why, calls, place, channel, at }: RecentRun): string {
  const [mark, said] = OUTCOMES[outcome]
  const [words = ''] = text.trim().split('\n')
  const reason = why === undefined ? '' : `: ${escapeMrkdwn(truncate(why, 200))}`
  const where = place === 'dm' ? 'in our direct messages' : `in <#${channel}>`
  const used = calls === 0 ? '' : ` · ${pluralize(calls, 'tool call')}`
  return `${mark} *${escapeMrkdwn(truncate(words, 120).replaceAll('*', ''))}* ${said}${reason} · ${where}${used} · ${formatDate(at)}`
}
