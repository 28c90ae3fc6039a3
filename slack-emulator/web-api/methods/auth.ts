import { z } from 'zod'
import { checkMessage, checkMessageBlocks } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { APP } from '../../workspace/seed.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { defineMethod, jsonObjectArg, jsonObjectsArg, type Methods, refuse } from './method-args.ts'

/** auth, team, bots, and the method that checks blocks. */
export function createAuthMethods(workspace: Workspace): Methods {
  return {
    'api.test': (args) => ({ ok: true, args }),
    'auth.test': () => ({
      ok: true,
      url: `${workspace.url}/`,
      team: workspace.team.name,
      user: APP.name,
      team_id: workspace.team.id,
      user_id: APP.user,
      bot_id: APP.bot,
      ...(workspace.team.enterprise && { enterprise_id: workspace.team.enterprise.id }),
      is_enterprise_install: workspace.appTokens.live()?.org ?? false,
    }),
    'auth.teams.list': () => ({
      ok: true,
      teams: workspace.appTokens.live()?.withdrawn ? [] : [{ id: workspace.team.id, name: workspace.team.name }],
      response_metadata: { next_cursor: '' },
    }),
    'team.info': () => ({
      ok: true,
      team: {
        id: workspace.team.id,
        name: workspace.team.name,
        domain: workspace.team.domain,
        url: `${workspace.url}/`,
      },
    }),
    'bots.info': defineMethod(z.object({ bot: z.string() }), ({ bot }) => {
      const found = workspace.people.values().find(({ app }) => app?.bot === bot)
      return found === undefined
        ? refuse('bot_not_found')
        : { ok: true, bot: { id: bot, deleted: false, name: found.realName, app_id: found.app?.id, user_id: found.id } }
    }),
    'blocks.validate': defineMethod(
      z.object({
        blocks: jsonObjectsArg.optional(),
        message: jsonObjectArg.optional(),
        view: jsonObjectArg.optional(),
      }),
      validate,
    ),
  }
}

function validate(given: { blocks?: unknown; message?: Record<string, unknown> | undefined; view?: unknown }) {
  const what = Object.entries(given).filter(([, value]) => value !== undefined)
  if (what.length !== 1) return refuse('invalid_arguments', ['give exactly one of blocks, message, view'])
  if (given.view !== undefined) return verdict('invalid_view', checkView(given.view))
  if (given.message !== undefined) return verdict('invalid_message', checkMessage(given.message))
  return verdict('invalid_blocks', checkMessageBlocks(given.blocks))
}

function verdict(error: string, errors: unknown[]) {
  return errors.length === 0 ? { ok: true } : { ok: false, error, errors }
}
