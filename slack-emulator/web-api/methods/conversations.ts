import { z } from 'zod'
import { channelTypeOf } from '../../workspace/channel-kinds.ts'
import { channelObjectOf } from '../../workspace/objects/channel-object.ts'
import { messageObjectOf } from '../../workspace/objects/message-object.ts'
import type { Channel, Message } from '../../workspace/records.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { whereMember } from './chat-common.ts'
import {
  channelArg,
  countArg,
  cursorArg,
  defineMethod,
  flagArg,
  type Methods,
  paginate,
  refuse,
  tsArg,
} from './method-args.ts'

/** A conversation's cursor names the next message, so that what is posted or deleted in between moves nothing. */
const NEXT_TS = /^next_ts:(\d+)$/
const readCursor = (cursor: string): string => Buffer.from(cursor, 'base64').toString()

const range = {
  channel: channelArg,
  limit: countArg.optional(),
  cursor: z
    .string()
    .refine((cursor) => cursor === '' || NEXT_TS.test(readCursor(cursor)), 'invalid_cursor')
    .optional(),
  oldest: z.coerce.number('invalid_ts_oldest').optional(),
  latest: z.coerce.number('invalid_ts_latest').optional(),
  inclusive: flagArg.optional(),
  include_all_metadata: flagArg.optional(),
}
type Range = z.infer<z.ZodObject<typeof range>>

/** conversations.*; the app reads only where it is a member. */
export function createConversationMethods(workspace: Workspace, pageSize: () => number): Methods {
  return {
    'conversations.open': defineMethod(
      z.object({ users: z.string().optional(), channel: z.string().optional(), return_im: flagArg.optional() }),
      (args) => open(workspace, args),
    ),
    'conversations.info': defineMethod(z.object({ channel: channelArg }), ({ channel }) => {
      const found = visible(workspace, channel)
      return found === undefined
        ? refuse('channel_not_found')
        : { ok: true, channel: channelObjectOf(found, workspace) }
    }),
    'conversations.list': defineMethod(
      z.object({
        types: z.string().optional(),
        exclude_archived: flagArg.optional(),
        limit: countArg.optional(),
        cursor: cursorArg.optional(),
      }),
      (args) => list(workspace, args),
    ),
    'conversations.members': defineMethod(
      z.object({ channel: channelArg, limit: countArg.optional(), cursor: cursorArg.optional() }),
      ({ channel, limit, cursor }) => {
        const found = visible(workspace, channel)
        if (found === undefined) return refuse('channel_not_found')
        const { items, response_metadata } = paginate(found.members, limit ?? 100, cursor)
        return { ok: true, members: items, response_metadata }
      },
    ),
    'conversations.history': defineMethod(z.object(range), (args) => {
      const channel = readable(workspace, args.channel)
      if (typeof channel === 'string') return refuse(channel)
      const all = workspace.messages.topLevel(channel.id)
      return pageOf(workspace, inRange(all, args).reverse(), args, Math.min(args.limit ?? 100, pageSize()))
    }),
    'conversations.replies': defineMethod(z.object({ ...range, ts: tsArg }), (args) => {
      const channel = readable(workspace, args.channel)
      if (typeof channel === 'string') return refuse(channel)
      const root = workspace.messages.get(channel.id, args.ts)
      if (root === undefined || root.ephemeral_to !== undefined) return refuse('thread_not_found')
      const thread = [root, ...inRange(workspace.messages.replies(channel.id, root.ts), args)]
      return pageOf(workspace, thread, args, Math.min(args.limit ?? 1_000, pageSize()))
    }),
  }
}

/** Public channels, and the private ones where the app is. */
function visible(workspace: Workspace, id: string): Channel | undefined {
  const found = workspace.channels.get(id)
  return found !== undefined && whereMember(found) !== 'channel_not_found' ? found : undefined
}

function readable(workspace: Workspace, id: string): Channel | 'channel_not_found' | 'not_in_channel' {
  const channel = workspace.channels.get(id)
  if (channel === undefined) return 'channel_not_found'
  return whereMember(channel)
}

function inRange(messages: Message[], { oldest = 0, latest = Number.POSITIVE_INFINITY, inclusive }: Range): Message[] {
  const fits = (ts: number) => (ts > oldest && ts < latest) || (inclusive === true && (ts === oldest || ts === latest))
  return messages.filter((message) => message.ephemeral_to === undefined && fits(Number(message.ts)))
}

/** One page of messages, which are in the order that the method gives them. */
function pageOf(workspace: Workspace, messages: Message[], args: Range, limit: number) {
  const begin = startOf(messages, args.cursor ?? '')
  const next = messages[begin + limit]
  const next_cursor = next === undefined ? '' : Buffer.from(`next_ts:${next.ts.replace('.', '')}`).toString('base64')
  return {
    ok: true,
    messages: messages
      .slice(begin, begin + limit)
      .map((message) => messageObjectOf(message, workspace, args.include_all_metadata === true)),
    has_more: next !== undefined,
    response_metadata: { next_cursor },
  }
}

function startOf(messages: Message[], cursor: string): number {
  if (cursor === '') return 0
  const [at, newestFirst] = [Number(NEXT_TS.exec(readCursor(cursor))?.[1]), isNewestFirst(messages)]
  const found = messages.findIndex(({ ts }) => {
    const own = Number(ts.replace('.', ''))
    return newestFirst ? own <= at : own >= at
  })
  return found === -1 ? messages.length : found
}

const isNewestFirst = ([first, second]: Message[]): boolean =>
  first !== undefined && second !== undefined && first.ts > second.ts

function open(workspace: Workspace, { users, channel }: { users?: string | undefined; channel?: string | undefined }) {
  const known = channel === undefined ? undefined : workspace.channels.get(channel)
  if (known !== undefined) return { ok: true, channel: channelObjectOf(known, workspace) }
  if (users === undefined) return refuse('users_list_not_supplied')
  const person = users.includes(',') ? undefined : workspace.person(users)
  if (person === undefined || person.id !== users) return refuse('user_not_found')
  if (person.bot) return refuse('cannot_dm_bot')
  if (person.standing === 'deactivated') return refuse('user_disabled')
  if (person.standing === 'stranger') return refuse('user_not_visible')
  return { ok: true, channel: channelObjectOf(workspace.dmOf(person.id), workspace) }
}

function list(
  workspace: Workspace,
  args: {
    types?: string | undefined
    exclude_archived?: boolean | undefined
    limit?: number | undefined
    cursor?: string | undefined
  },
) {
  const types = (args.types ?? 'public_channel').split(',')
  const shown = workspace.channels
    .values()
    .filter((one) => types.includes(channelTypeOf(one)) && whereMember(one) !== 'channel_not_found')
    .filter((one) => args.exclude_archived !== true || one.archived !== true)
  const { items, response_metadata } = paginate(
    shown.map((one) => channelObjectOf(one, workspace)),
    args.limit ?? 100,
    args.cursor,
  )
  return { ok: true, channels: items, response_metadata }
}
