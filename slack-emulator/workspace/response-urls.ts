import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { checkMessageBlocks } from '../../src/block-kit/check-message.ts'
import { LIMITS } from '../../src/block-kit/limits.ts'
import { addIds, problemLinesOf } from './blocks.ts'
import type { Json, Message, ResponseUrl } from './records.ts'
import { APP } from './seed.ts'
import type { Workspace } from './workspace.ts'

/** What may be sent to a response_url, and as the acknowledgement of a slash command. */
export const ResponsePayload = z.object({
  text: z.string().optional(),
  blocks: z.array(z.record(z.string(), z.unknown())).optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).optional(),
  replace_original: z.boolean().optional(),
  delete_original: z.boolean().optional(),
  thread_ts: z.string().optional(),
})
export type ResponsePayload = z.infer<typeof ResponsePayload>

export type ResponseUrls = {
  issue(at: Pick<ResponseUrl, 'channel' | 'user' | 'ts' | 'thread_ts'>): string
  use(id: string, body: unknown): ResponseOutcome
}

export type ResponseOutcome = { status: 200 | 400 | 404; body: string }

/** response_urls: five uses in thirty minutes (docs.slack.dev/interactivity/handling-user-interaction#message_responses). */
export function createResponseUrls(workspace: Workspace): ResponseUrls {
  return {
    issue(at) {
      const id = randomBytes(12).toString('hex')
      const expiresAt = workspace.now() + LIMITS.responseUrl.lifetimeMs
      workspace.responseUrls.put(id, { ...at, id, uses: 0, expiresAt })
      return `${workspace.url}/response/${id}`
    },
    use(id, body) {
      const known = workspace.responseUrls.get(id)
      if (known === undefined || workspace.now() > known.expiresAt) return { status: 404, body: 'expired_url' }
      if (known.uses >= LIMITS.responseUrl.uses) return { status: 404, body: 'used_url' }
      workspace.responseUrls.put(id, { ...known, uses: known.uses + 1 })
      const response = ResponsePayload.safeParse(body)
      if (!response.success) return { status: 400, body: 'invalid_payload' }
      const wrong = respond(workspace, known, response.data)
      return wrong === undefined ? { status: 200, body: 'ok' } : { status: 400, body: wrong }
    },
  }
}

type Place = Omit<ResponseUrl, 'id' | 'uses' | 'expiresAt'>

/** Applies a response; returns Slack's error if it is wrong. */
export function respond(workspace: Workspace, at: Place, response: ResponsePayload): string | undefined {
  if (response.delete_original === true) {
    return withOriginal(workspace, at, (original) => workspace.remove(original))
  }
  const wrong = wrongWith(response)
  if (wrong !== undefined) return wrong
  if (response.replace_original === true) {
    return withOriginal(workspace, at, (original) => workspace.change({ ...original, ...content(response) }, APP.user))
  }
  workspace.post(draftOf(at, response))
  return undefined
}

function withOriginal(
  workspace: Workspace,
  { channel, ts }: Place,
  act: (original: Message) => void,
): string | undefined {
  const original = ts === undefined ? undefined : workspace.messages.get(channel, ts)
  if (original === undefined) return 'message_not_found'
  act(original)
  return undefined
}

function wrongWith({ text, blocks = [] }: ResponsePayload): string | undefined {
  const problems = checkMessageBlocks(blocks)
  if (problems.length > 0) return `invalid_blocks: ${problemLinesOf(problems).join('; ')}`
  return text === undefined && blocks.length === 0 ? 'no_text' : undefined
}

function draftOf(at: Pick<ResponseUrl, 'channel' | 'user'>, response: ResponsePayload): Omit<Message, 'ts'> {
  return {
    channel: at.channel,
    user: APP.user,
    ...content(response),
    ...(response.response_type === 'in_channel' ? {} : { ephemeral_to: at.user }),
    ...(response.thread_ts === undefined ? {} : { thread_ts: response.thread_ts }),
  }
}

function content({ text, blocks }: ResponsePayload): { text: string; blocks: Json[] } {
  return { text: (text ?? '').slice(0, LIMITS.message.textMax), blocks: addIds(blocks ?? []) }
}
