import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { UserId } from '../../ids.ts'
import { errorHelpButtonsFor, errorText } from '../blocks/error-message.ts'
import type { SlackDeps } from '../deps.ts'
import { onButtonPress } from '../interactions/button-press.ts'
import { type Responder, responderFor } from '../interactions/responder.ts'
import { unescapeText } from '../messages/message-text.ts'
import { routeCommand } from './route-command.ts'

export const SLASH_COMMAND = '/mcp'

const Body = z.object({ user_id: UserId, channel_id: z.string(), trigger_id: z.string(), text: z.string().default('') })

/** `/mcp …`, and the buttons that say the same. */
export function registerMcpCommand(app: App, deps: SlackDeps): void {
  app.command(SLASH_COMMAND, async ({ ack, body, respond }) => {
    await ack()
    const { user_id: user, channel_id: channel, trigger_id: triggerId, text } = Body.parse(body)
    const { workspace } = await deps.bot()
    const by = { workspace, user }
    const scene = responderFor(deps, { by, triggerId, channel, thread: undefined, respond, view: undefined })
    await told(deps, unescapeText(text), scene)
  })
  onButtonPress(app, deps, 'command_run', ({ value, scene }) => told(deps, value, scene))
}

async function told(deps: SlackDeps, words: string, scene: Responder): Promise<void> {
  try {
    await routeCommand(deps, words, scene)
  } catch (error) {
    deps.log.error({ command: SLASH_COMMAND, user: scene.by.user, why: errorChainOf(error) }, 'command failed')
    await scene.replyError(errorText(error), errorHelpButtonsFor(error, words))
  }
}
