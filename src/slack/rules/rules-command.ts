import type { App } from '@slack/bolt'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import type { HomeTabDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { type Command, onDurablePress, type Responder } from '../interactions/interaction.ts'
import { rulesMessage } from './rules-message.ts'

export const rulesCommand: Command = {
  name: 'rules',
  usage: '',
  description: 'shows what runs without asking, and lets you take it back',
  rare: true,
  run: async (deps, { responder }) => responder.reply(await rulesMessageFor(deps, responder), 'Rules'),
}

async function rulesMessageFor({ rules }: PolicyDeps, { by }: Responder): Promise<MessageContent> {
  const [all, approvers] = await Promise.all([rules.rulesFor(by), rules.approversOf(by.workspace)])
  return rulesMessage(all, approvers)
}

export function registerRules(app: App, deps: WebApiDeps & PolicyDeps & HomeTabDeps): void {
  onDurablePress(app, deps, 'rule_revoke', async ({ by, value, view, responder, ack }) => {
    const revoked = await deps.rules.revoke(by, value)
    await ack()
    if (view?.kind === 'home') {
      await deps.publishHome(by)
      return
    }
    deps.refreshHome(by)
    const text = revoked ? `Revoked: I will ask before ${revoked.tool} again.` : 'That rule is gone already.'
    const { text: words, blocks } = await rulesMessageFor(deps, responder)
    await responder.replace({ text: `${text} ${words}`, blocks: [sectionBlock(text), ...blocks] }, 'Rules')
  })
}
