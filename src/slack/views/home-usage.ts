import type { KnownBlock } from '@slack/types'
import type { MonthUsage } from '../../run/usage.ts'
import { context, divider, header } from './blocks.ts'
import { amount, bar, columns, drawing, money, padded } from './figures.ts'
import { visible } from './text.ts'

const BAR = 12
const NAME = 28

/** What a person used this month, in figures and as a picture. */
export function usageBlocks(usage: MonthUsage): KnownBlock[] {
  const month = usage.since.toLocaleDateString('en-US', { month: 'long', timeZone: 'UTC' })
  const title = header(`Your usage in ${month}`)
  if (usage.runs === 0) return [title, context('Nothing yet this month.'), divider]
  const failed = usage.failed === 0 ? '' : ` (${usage.failed} failed)`
  return [
    title,
    {
      type: 'section',
      fields: [
        figure('Requests', amount(usage.runs)),
        figure('Tool calls', `${amount(usage.calls)}${failed}`),
        figure('Tokens', amount(usage.tokens)),
        figure('Cost', money(usage.costUsd)),
      ],
    },
    drawing([...days(usage), ...tools(usage)]),
    divider,
  ]
}

const figure = (name: string, value: string) => ({ type: 'mrkdwn' as const, text: `*${name}*\n${value}` })

function days({ days: asked, today }: MonthUsage): string[] {
  const byDay = new Map(asked.map(({ day, runs }) => [day, runs]))
  const values = Array.from({ length: today }, (_, at) => byDay.get(at + 1) ?? 0)
  const most = Math.max(...values)
  return [`Requests per day, 1 to ${today} (busiest day: ${most})`, columns(values)]
}

function tools({ tools: used }: MonthUsage): string[] {
  const most = used[0]?.calls ?? 0
  if (most === 0) return []
  const lines = used.map(({ tool, connection, calls }) => {
    const name = connection === undefined ? tool : `${connection} ${tool}`
    return `${padded(visible(name), NAME)} ${bar(calls / most, BAR)} ${amount(calls)}`
  })
  return ['', 'Tools used most', ...lines]
}
