import { z } from 'zod'
import { EmulatorError } from '../../errors.ts'
import { addIds, attachmentsOf } from '../../workspace/blocks.ts'
import { Json, type Message, type Person } from '../../workspace/records.ts'
import { SLACKBOT } from '../../workspace/seed.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import type { EmulatorParts } from '../emulator-parts.ts'
import { checkThread, findChannel } from '../find.ts'

export const AppPost = z.object({
  /** The name of a bot; one that is not there is added. `slackbot` is Slack's own. */
  app: z.string().regex(/^[a-z0-9_.-]{1,40}$/, 'lower-case letters, digits and . _ - only'),
  channel: z.string(),
  thread_ts: z.string().optional(),
  text: z.string().default(''),
  blocks: z.array(Json).optional(),
  attachments: z.array(Json).default([]),
  subtype: z.string().optional(),
  /** Whether a workflow of Workflow Builder posts it. */
  as_workflow: z.boolean().default(false),
  /** The name that a `bot_message` carries, if it is not the app's. */
  username: z.string().optional(),
})
type Post = z.infer<typeof AppPost>

/** Another app of the workspace, a workflow or Slackbot posts. */
export function postAsApp(parts: EmulatorParts, input: Post): Json {
  const { workspace } = parts
  const channel = findChannel(parts, input.channel)
  if (input.thread_ts !== undefined) checkThread(parts, channel, input.thread_ts)
  if (channel.archived === true) throw new EmulatorError('conflict', `${channel.name} is archived`)
  const bot = botNamed(workspace, input.app)
  const subtype = input.subtype ?? (input.as_workflow ? 'bot_message' : undefined)
  const message = workspace.post({
    channel: channel.id,
    user: bot.id,
    text: input.text,
    ...(subtype === undefined ? {} : { subtype }),
    ...(input.blocks === undefined ? {} : { blocks: addIds(input.blocks) }),
    ...(input.attachments.length === 0 ? {} : { attachments: attachmentsOf(input.attachments) }),
    ...(input.thread_ts === undefined ? {} : { thread_ts: input.thread_ts }),
    more: posterOf(workspace, bot, { ...input, subtype }),
  })
  return { ok: true, channel: channel.id, ts: message.ts, user: bot.id }
}

/** Takes the bot of that name, or adds it. */
function botNamed(workspace: Workspace, name: string): Person {
  const known = workspace.person(name)
  if (known?.bot === true) return known
  if (known !== undefined) throw new EmulatorError('conflict', `${name} is a person`)
  const letters = name.replace(/[^a-z0-9]/g, '').toUpperCase()
  const app = { id: `A${letters}01`, bot: `B${letters}01` }
  const bot: Person = { id: `U${letters}01`, name, realName: name, email: '', owner: false, bot: true, app }
  workspace.people.put(bot.id, bot)
  workspace.publish({ kind: 'people_changed' })
  return bot
}

/**
 * How a message names another app (docs.slack.dev/reference/events/message/bot_message): `bot_message` by bot and username, without a
 * user; what a bot token posts by user and bot profile. That workflows are `bot_message`, too, and that the mention in them names no
 * user, is reported in github.com/slackapi/bolt-python/issues/817 and github.com/Chainlit/chainlit/pull/2844.
 */
function posterOf({ team, now }: Workspace, bot: Person, { subtype, as_workflow, username }: Post): Message['more'] {
  if (bot.id === SLACKBOT) return {}
  const { id, bot: bot_id } = bot.app ?? { id: '', bot: '' }
  const bot_profile = {
    id: bot_id,
    app_id: id,
    name: username ?? bot.realName,
    deleted: false,
    updated: Math.floor(now() / 1000),
    team_id: team.id,
    ...(as_workflow ? { is_workflow_bot: true } : {}),
  }
  const named = subtype === 'bot_message' ? { username: username ?? bot.realName } : {}
  return { bot_id, app_id: id, bot_profile, ...named }
}
