import { z } from 'zod'
import type { Message } from '../../workspace/records.ts'
import { APP } from '../../workspace/seed.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { messageFor } from './chat-common.ts'
import { channelArg, defineMethod, type MethodResponse, type Methods, refuse, tsArg } from './method-args.ts'

const Reaction = z.object({
  channel: channelArg,
  timestamp: tsArg,
  name: z.string().regex(/^[a-z0-9_+'-]+$/, 'invalid_name'),
})
type Reaction = z.infer<typeof Reaction>

/** reactions.add and reactions.remove. */
export function createReactionMethods(workspace: Workspace): Methods {
  return {
    'reactions.add': defineMethod(Reaction, (args) => react(workspace, args, true)),
    'reactions.remove': defineMethod(Reaction, (args) => react(workspace, args, false)),
  }
}

function react(workspace: Workspace, { channel, timestamp, name }: Reaction, added: boolean): MethodResponse {
  const message = messageFor(workspace, { channel, ts: timestamp })
  if (typeof message === 'string') return refuse(message)
  if (workspace.channels.get(channel)?.archived === true) return refuse('is_archived')
  const users = message.reactions?.find((one) => one.name === name)?.users ?? []
  if (users.includes(APP.user) === added) return refuse(added ? 'already_reacted' : 'no_reaction')
  const left = added ? [...users, APP.user] : users.filter((user) => user !== APP.user)
  const others = (message.reactions ?? []).filter((one) => one.name !== name)
  const next: Message = { ...message, reactions: left.length === 0 ? others : [...others, { name, users: left }] }
  workspace.messages.put(next)
  workspace.publish({ kind: 'reacted', message: next, user: APP.user, name, added })
  return { ok: true }
}
