import type { KnownBlock } from '@slack/types'
import type { MonthUsage } from '../../run/usage.ts'
import { contextBlock, DIVIDER_BLOCK, headerBlock } from '../blocks/blocks.ts'
import { alignColumns, codeBlockFor, formatAmount, formatBar, formatMoney, padText } from '../blocks/figures.ts'
import { revealInvisible } from '../blocks/text.ts'

const BAR = 12
const NAME = 28

/** What a person used this month, in figures and as a picture. */
export function usageBlocks(usage: MonthUsage): KnownBlock[] {
  const month = usage.since.toLocaleDateString('en-US', { month: 'long', timeZone: 'UTC' })
  const title = headerBlock(`Your usage in ${month}`)
  if (usage.runs === 0) return [title, contextBlock('Nothing yet this month.'), DIVIDER_BLOCK]
  const failed = usage.failed === 0 ? '' : ` (${usage.failed} failed)`
  return [
    title,
    {
      type: 'section',
      fields: [
        figure('Requests', formatAmount(usage.runs)),
        figure('Tool calls', `${formatAmount(usage.calls)}${failed}`),
        figure('Tokens', formatAmount(usage.tokens)),
        figure('Cost', formatMoney(usage.costUsd)),
      ],
    },
    codeBlockFor([...days(usage), ...tools(usage)]),
    DIVIDER_BLOCK,
  ]
}

const figure = (name: string, value: string) => ({ type: 'mrkdwn' as const, text: `*${name}*\n${value}` })

function days({ days: asked, today }: MonthUsage): string[] {
  const byDay = new Map(asked.map(({ day, runs }) => [day, runs]))
  const values = Array.from({ length: today }, (_, at) => byDay.get(at + 1) ?? 0)
  const most = Math.max(...values)
  return [`Requests per day, 1 to ${today} (busiest day: ${most})`, alignColumns(values)]
}

function tools({ tools: used }: MonthUsage): string[] {
  const most = used[0]?.calls ?? 0
  if (most === 0) return []
  const lines = used.map(({ tool, connection, calls }) => {
    const name = connection === undefined ? tool : `${connection} ${tool}`
    return `${padText(revealInvisible(name), NAME)} ${formatBar(calls / most, BAR)} ${formatAmount(calls)}`
  })
  return ['', 'Tools used most', ...lines]
}
