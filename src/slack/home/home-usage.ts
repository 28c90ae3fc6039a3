import type { KnownBlock } from '@slack/types'
import type { MonthUsage } from '../../run/usage.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { contextBlock, DIVIDER_BLOCK, headerBlock, sectionBlock } from '../blocks/build-blocks.ts'
import { codeBlockFor, formatAmount, formatBar, formatMoney, formatSparkline, padText } from '../blocks/figures.ts'
import { escapeMrkdwn } from '../blocks/text.ts'

const BAR_WIDTH = 12
const NAME_WIDTH = 28

/** A person's usage of this month, as figures and charts. */
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
        figureField('Requests', formatAmount(usage.runs)),
        figureField('Steps', `${formatAmount(usage.calls)}${failed}`),
        figureField('Tokens', formatAmount(usage.tokens)),
        figureField('Cost', formatMoney(usage.costUsd)),
      ],
    },
    ...(hasWeek(usage) ? [codeBlockFor([...dailyLines(usage), ...toolLines(usage)])] : toolFigures(usage)),
    DIVIDER_BLOCK,
  ]
}

const figureField = (name: string, value: string) => ({ type: 'mrkdwn' as const, text: `*${name}*\n${value}` })

/** Bars of a few days compare nothing. */
const CHART_FROM_DAYS = 7

function hasWeek({ days, today }: MonthUsage): boolean {
  const first = Math.min(...days.map(({ day }) => day))
  return today - first + 1 >= CHART_FROM_DAYS
}

function toolFigures({ tools: used }: MonthUsage): KnownBlock[] {
  if (used.length === 0) return []
  const lines = used.map(({ tool, connection, calls }) => {
    const owner = connection === undefined ? '' : ` (${escapeMrkdwn(truncate(connection, NAME_WIDTH))})`
    return `${escapeMrkdwn(truncate(tool, NAME_WIDTH))}${owner}: ${formatAmount(calls)}`
  })
  return [sectionBlock(`*Tools used most*\n${lines.join('\n')}`)]
}

function dailyLines({ days: asked, today }: MonthUsage): string[] {
  const byDay = new Map(asked.map(({ day, runs }) => [day, runs]))
  const values = Array.from({ length: today }, (_, at) => byDay.get(at + 1) ?? 0)
  const most = Math.max(...values)
  return [`Requests per day, 1 to ${today} (busiest day: ${most})`, formatSparkline(values)]
}

function toolLines({ tools: used }: MonthUsage): string[] {
  const most = used[0]?.calls ?? 0
  if (most === 0) return []
  const lines = used.map(({ tool, connection, calls }) => {
    const name = connection === undefined ? tool : `${connection} ${tool}`
    return `${padText(revealInvisible(name), NAME_WIDTH)} ${formatBar(calls / most, BAR_WIDTH)} ${formatAmount(calls)}`
  })
  return ['', 'Tools used most', ...lines]
}
