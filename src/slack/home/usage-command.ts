import type { Command } from '../interactions/interaction.ts'
import { usageBlocks } from './home-usage.ts'
import { createRequestLinks, recentRequestsBlocks } from './recent-requests.ts'

/** As many as fit on a screen. */
const REQUESTS_SHOWN = 5

export const usageCommand: Command = {
  name: 'usage',
  usage: '',
  description: 'shows what you asked for and what it cost',
  async run(deps, { responder }) {
    const [usage, recent] = await Promise.all([
      deps.usage.monthOf(responder.by),
      deps.usage.recentOf(responder.by, REQUESTS_SHOWN),
    ])
    const links = await createRequestLinks(deps)(recent)
    const blocks = [...usageBlocks(usage), ...recentRequestsBlocks(recent, links)]
    const last = blocks.at(-1)?.type === 'divider' ? blocks.slice(0, -1) : blocks
    await responder.reply({ text: 'Your usage this month.', blocks: last }, 'Usage')
  },
}
