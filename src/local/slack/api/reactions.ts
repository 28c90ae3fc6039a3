import { z } from 'zod'
import { type Answer, channelArg, type Methods, method, refuse, ts } from '../args.ts'
import type { Message } from '../records.ts'
import { APP } from '../seed.ts'
import type { Workspace } from '../workspace.ts'

const Reaction = z.object({
  channel: channelArg,
  timestamp: ts,
  name: z.string().regex(/^[a-z0-9_+'-]+$/, 'invalid_name'),
})
type Reaction = z.infer<typeof Reaction>

/** reactions.add and reactions.remove. */
export function reactionMethods(workspace: Workspace): Methods {
  return {
    'reactions.add': method(Reaction, (args) => react(workspace, args, true)),
    'reactions.remove': method(Reaction, (args) => react(workspace, args, false)),
  }
}

function react(workspace: Workspace, { channel, timestamp, name }: Reaction, added: boolean): Answer {
  const message = workspace.messages.get(channel, timestamp)
  if (message === undefined || message.ephemeral_to !== undefined) return refuse('message_not_found')
  const users = message.reactions?.find((one) => one.name === name)?.users ?? []
  if (users.includes(APP.user) === added) return refuse(added ? 'already_reacted' : 'no_reaction')
  const left = added ? [...users, APP.user] : users.filter((user) => user !== APP.user)
  const others = (message.reactions ?? []).filter((one) => one.name !== name)
  const next: Message = { ...message, reactions: left.length === 0 ? others : [...others, { name, users: left }] }
  workspace.messages.put(next)
  workspace.tell({ kind: 'reacted', message: next, user: APP.user, name, added })
  return { ok: true }
}
