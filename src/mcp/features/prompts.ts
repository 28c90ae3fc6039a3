import { type Client, withInputRequired } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { truncate } from '../../text.ts'
import { isObject } from '../protocol/loose-json.ts'
import { RAW_RESULT } from '../protocol/message-reader.ts'
import type { Redactor } from '../protocol/redactor.ts'
import type { ContentPart } from '../requests/outcome.ts'
import { readContentPart, readContentParts } from '../requests/read-tool-result.ts'
import { type Reply, type RequestRound, sendRequest } from '../requests/send-request.ts'
import type { Session } from '../transport/session.ts'
import { listPages } from './list-pages.ts'

/** A prompt of a server. All of it is written by the server; `name` identifies it. */
export type Prompt = { name: string; title: string; description: string; arguments: PromptArgument[] }
type PromptArgument = { name: string; title: string; description: string; required: boolean }

/** The protocol knows two roles; some servers say `system`. */
export type PromptMessage = { role: 'user' | 'assistant' | 'system'; content: ContentPart }

/** What is to be completed: a prompt's argument or a template's variable. `known`: what the others hold already. */
export type CompletionRequest = {
  of: { kind: 'prompt'; name: string } | { kind: 'resource'; uriTemplate: string }
  argument: string
  typed: string
  known: Record<string, string>
}

const MAX_PROMPTS = 500
const MAX_ARGUMENTS = 20
const MAX_NAME_CHARS = 200
const MAX_DESCRIPTION_CHARS = 1_000
const MAX_MESSAGES = 50
// As much as the files of one tool call may be.
const MAX_CONTENT_CHARS = 8_000_000
const MAX_COMPLETIONS = 100
// Slack waits 3 s for options.
const COMPLETE_MS = 2_000

const text = z.string().optional().catch(undefined)
const Argument = z.object({
  name: z.string().min(1).max(MAX_NAME_CHARS),
  title: text,
  description: text,
  required: z.boolean().optional().catch(undefined),
})
const Listed = z.object({
  name: z.string().min(1).max(MAX_NAME_CHARS),
  title: text,
  description: text,
  arguments: z.array(Argument).max(MAX_ARGUMENTS).nullish(),
})
const Messages = z.looseObject({ [RAW_RESULT]: z.unknown() })
const Role = z.enum(['user', 'assistant', 'system']).catch('user')
const Completed = z.looseObject({ completion: z.looseObject({ values: z.array(z.string()) }) })

/** The prompts of a server, without the connection's secrets. Throws what the SDK throws. */
export async function listPrompts(client: Client, redactor: Redactor, signal: AbortSignal): Promise<Prompt[]> {
  const found = await listPages(client, { method: 'prompts/list', field: 'prompts' }, MAX_PROMPTS, signal)
  const prompts = new Map<string, Prompt>()
  for (const one of (found?.items ?? []).flatMap((item) => promptOf(item, redactor)))
    if (!prompts.has(one.name)) prompts.set(one.name, one)
  return [...prompts.values()]
}

function promptOf(item: unknown, redactor: Redactor): Prompt[] {
  const parsed = Listed.safeParse(item)
  // A name with a secret in it could not be asked for again after cleaning.
  if (
    !parsed.success ||
    [parsed.data, ...(parsed.data.arguments ?? [])].some(({ name }) => redactor.text(name) !== name)
  )
    return []
  const args = (parsed.data.arguments ?? []).map(({ required, ...texts }) => ({
    ...wordsOf(texts, redactor),
    required: required === true,
  }))
  return [{ ...wordsOf(parsed.data, redactor), arguments: args }]
}

function wordsOf(
  texts: { name: string; title?: string | undefined; description?: string | undefined },
  redactor: Redactor,
) {
  return {
    name: texts.name,
    title: truncate(redactor.text(texts.title?.trim() || texts.name), MAX_NAME_CHARS),
    description: truncate(redactor.text(texts.description ?? ''), MAX_DESCRIPTION_CHARS),
  }
}

/** The messages of a prompt; `large` when they are more than we take. Throws what the SDK throws. */
export async function getPrompt(
  session: Session,
  prompt: { name: string; arguments: Record<string, string> },
  round: RequestRound,
): Promise<Reply<{ messages: PromptMessage[] } | { large: number }>> {
  const reply = await sendRequest(
    session,
    { method: 'prompts/get', params: prompt },
    withInputRequired(Messages),
    round,
  )
  if (reply.kind !== 'done') return reply
  const raw = reply.value[RAW_RESULT]
  const messages = isObject(raw) ? [raw.messages ?? []].flat() : []
  const size = JSON.stringify(messages).length
  if (size > MAX_CONTENT_CHARS) return { kind: 'done', value: { large: size } }
  const parts = messages.slice(0, MAX_MESSAGES).flatMap((message) => messagesIn(message, session.redactor))
  return { kind: 'done', value: { messages: parts } }
}

/** Some servers give a message as its bare text, or several parts in one. */
function messagesIn(message: unknown, redactor: Redactor): PromptMessage[] {
  if (!isObject(message)) return [{ role: 'user', content: readContentPart(message, redactor) }]
  const role = Role.parse(message.role)
  return readContentParts([message.content].flat(), redactor).map((content) => ({ role, content }))
}

/** What the server proposes, best first. Throws what the SDK throws. */
export async function completeArgument(
  client: Client,
  redactor: Redactor,
  { of, argument, typed, known }: CompletionRequest,
  signal: AbortSignal,
): Promise<string[]> {
  const ref =
    of.kind === 'prompt'
      ? { type: 'ref/prompt' as const, name: of.name }
      : { type: 'ref/resource' as const, uri: of.uriTemplate }
  const params = { ref, argument: { name: argument, value: typed }, context: { arguments: known } }
  const request = { method: 'completion/complete', params }
  const { completion } = await client.request(request, Completed, { signal, timeout: COMPLETE_MS })
  return completion.values.slice(0, MAX_COMPLETIONS).filter((value) => redactor.text(value) === value)
}
