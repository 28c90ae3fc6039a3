import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../errors.ts'
import { UserId } from '../ids.ts'
import { route } from './commands/route.ts'
import type { Deps } from './deps.ts'
import { unescaped } from './message-text.ts'
import { onPress } from './press.ts'
import { type Scene, sceneOf } from './scene.ts'
import { troubleHelp, troubleWords } from './views/trouble.ts'

export const COMMAND = '/mcp'

const Body = z.object({ user_id: UserId, channel_id: z.string(), trigger_id: z.string(), text: z.string().default('') })

/** `/mcp …`, and the buttons that say the same. */
export function registerCommand(app: App, deps: Deps): void {
  app.command(COMMAND, async ({ ack, body, respond }) => {
    await ack()
    const { user_id: user, channel_id: channel, trigger_id: triggerId, text } = Body.parse(body)
    const { workspace } = await deps.bot()
    const by = { workspace, user }
    const scene = sceneOf(deps, { by, triggerId, channel, thread: undefined, respond, view: undefined })
    await told(deps, unescaped(text), scene)
  })
  onPress(app, deps, 'command_run', ({ value, scene }) => told(deps, value, scene))
}

async function told(deps: Deps, words: string, scene: Scene): Promise<void> {
  try {
    await route(deps, words, scene)
  } catch (error) {
    deps.log.error({ command: COMMAND, user: scene.by.user, why: errorChainOf(error) }, 'command failed')
    await scene.trouble(troubleWords(error), troubleHelp(error, words))
  }
}
