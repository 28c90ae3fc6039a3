import type { App } from '@slack/bolt'
import { type MessageContent, sectionBlock } from '../blocks/blocks.ts'
import type { SlackDeps } from '../deps.ts'
import { onButtonPress } from '../interactions/button-press.ts'
import type { Command } from '../interactions/command.ts'
import type { Responder } from '../interactions/responder.ts'
import { rulesMessage } from './rules-message.ts'

export const rulesCommand: Command = {
  name: 'rules',
  usage: '',
  what: 'shows what runs without asking, and lets you take it back',
  run: async (deps, { scene }) => scene.reply(await rulesOf(deps, scene), 'Rules'),
}

async function rulesOf({ rules }: SlackDeps, { by }: Responder): Promise<MessageContent> {
  const [all, approvers] = await Promise.all([rules.rulesFor(by), rules.approversOf(by.workspace)])
  return rulesMessage(all, approvers)
}

export function registerRules(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'rule_revoke', async ({ by, value, view, scene }) => {
    const gone = await deps.rules.revoke(by, value)
    if (view?.kind === 'home') {
      await deps.paintHome(by)
      return
    }
    deps.refreshHome(by)
    const text = gone ? `Revoked: I will ask before ${gone.tool} again.` : 'That rule is gone already.'
    const { text: words, blocks } = await rulesOf(deps, scene)
    await scene.replace({ text: `${text} ${words}`, blocks: [sectionBlock(text), ...blocks] }, 'Rules')
  })
}
