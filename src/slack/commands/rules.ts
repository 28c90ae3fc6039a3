import type { App } from '@slack/bolt'
import type { Deps } from '../deps.ts'
import { onPress } from '../press.ts'
import type { Scene } from '../scene.ts'
import { type Saying, section } from '../views/blocks.ts'
import { sayRules } from '../views/rules.ts'
import type { Command } from './command.ts'

export const rulesCommand: Command = {
  name: 'rules',
  usage: '',
  what: 'shows what runs without asking, and lets you take it back',
  run: async (deps, { scene }) => scene.say(await rulesOf(deps, scene), 'Rules'),
}

async function rulesOf({ rules }: Deps, { by }: Scene): Promise<Saying> {
  const [all, approvers] = await Promise.all([rules.rulesFor(by), rules.approversOf(by.workspace)])
  return sayRules(all, approvers)
}

export function registerRules(app: App, deps: Deps): void {
  onPress(app, deps, 'rule_revoke', async ({ by, value, view, scene }) => {
    const gone = await deps.rules.revoke(by, value)
    if (view?.kind === 'home') {
      await deps.paintHome(by)
      return
    }
    deps.refreshHome(by)
    const text = gone ? `Revoked: I will ask before ${gone.tool} again.` : 'That rule is gone already.'
    const { text: words, blocks } = await rulesOf(deps, scene)
    await scene.instead({ text: `${text} ${words}`, blocks: [section(text), ...blocks] }, 'Rules')
  })
}
