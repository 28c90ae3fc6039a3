import { z } from 'zod'
import { messageObjectOf } from '../../workspace/objects/message-object.ts'
import type { Message } from '../../workspace/records.ts'
import { APP } from '../../workspace/seed.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { messageFor } from './chat-common.ts'
import { channelArg, defineMethod, flagArg, type MethodResponse, type Methods, refuse, tsArg } from './method-args.ts'

/** The name of an emoji as it stands in a reaction, without colons. */
export const EmojiName = z.string().regex(/^[a-z0-9_+'-]+$/, 'invalid_name')
const Reaction = z.object({ channel: channelArg, timestamp: tsArg, name: EmojiName })
type Reaction = z.infer<typeof Reaction>

/** reactions.add, get and remove. */
export function createReactionMethods(workspace: Workspace): Methods {
  return {
    'reactions.add': defineMethod(Reaction, (args) => react(workspace, args, true)),
    'reactions.get': defineMethod(
      z.object({ channel: channelArg, timestamp: tsArg, full: flagArg.optional() }),
      ({ channel, timestamp }) => {
        const message = messageFor(workspace, { channel, ts: timestamp })
        if (typeof message === 'string') return refuse(message)
        return { ok: true, type: 'message', channel, message: messageObjectOf(message, workspace) }
      },
    ),
    'reactions.remove': defineMethod(Reaction, (args) => react(workspace, args, false)),
  }
}

function react(workspace: Workspace, { channel, timestamp, name }: Reaction, added: boolean): MethodResponse {
  const message = messageFor(workspace, { channel, ts: timestamp })
  if (typeof message === 'string') return refuse(message)
  if (workspace.channels.get(channel)?.archived === true) return refuse('is_archived')
  const done = setReaction(workspace, message, { user: APP.user, name, added })
  return done ? { ok: true } : refuse(added ? 'already_reacted' : 'no_reaction')
}

/** Other names of the same emoji, of which Slack keeps the first. */
const ALIASES: Record<string, string> = { thumbsup: '+1', thumbsdown: '-1' }

/** Adds or takes back somebody's reaction; false where nothing is to be done. */
export function setReaction(
  workspace: Workspace,
  message: Message,
  { user, name: given, added }: { user: string; name: string; added: boolean },
): boolean {
  const name = ALIASES[given] ?? given
  const all = message.reactions ?? []
  const users = all.find((one) => one.name === name)?.users ?? []
  if (users.includes(user) === added) return false
  const left = added ? [...users, user] : users.filter((one) => one !== user)
  const known = all.some((one) => one.name === name) ? all : [...all, { name, users }]
  const reactions = known.map((one) => (one.name === name ? { name, users: left } : one))
  const next: Message = { ...message, reactions: reactions.filter((one) => one.users.length > 0) }
  workspace.messages.put(next)
  workspace.publish({ kind: 'reacted', message: next, user, name, added })
  return true
}
