import type { App } from '@slack/bolt'
import { sectionBlock } from '../blocks/build-blocks.ts'
import type { ConnectionDeps, HomeTabDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { type Command, onDurablePress } from '../interactions/interaction.ts'
import { rulesMessageFor } from './rules-list.ts'

export const rulesCommand: Command = {
  name: 'rules',
  usage: '',
  description: 'shows what runs without asking and what is forbidden, and lets you take it back',
  rare: true,
  run: async (deps, { responder }) => responder.reply(await rulesMessageFor(deps, responder.by), 'Rules'),
}

export function registerRules(app: App, deps: WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps): void {
  onDurablePress(app, deps, 'rule_revoke', async ({ by, value, view, responder, ack }) => {
    const revoked = await deps.rules.revoke(by, value)
    await ack()
    if (view?.kind === 'home') {
      await deps.publishHome(by)
      return
    }
    deps.refreshHome(by)
    const text = revoked ? `Revoked: I will ask before ${revoked.tool} again.` : 'That rule is gone already.'
    const { text: words, blocks } = await rulesMessageFor(deps, by)
    await responder.replace({ text: `${text} ${words}`, blocks: [sectionBlock(text), ...blocks] }, 'Rules')
  })
}
