import { ProtocolError, ProtocolErrorCode, SdkError, SdkErrorCode } from '@modelcontextprotocol/client'
import { AppError, isAppError } from '../../errors.ts'
import type { Connection } from '../../registry/connection.ts'
import { truncate } from '../../text.ts'
import { isLostSession } from '../protocol/lost-session.ts'
import { isLostStream } from '../protocol/lost-stream-error.ts'
import type { CallTimes, InputRequiredOutcome, Reply, RequestOptions } from '../requests/send-request.ts'
import type { Session, SessionUse, Work } from '../transport/session.ts'
import {
  type CompletionRequest,
  completeArgument,
  getPrompt,
  listPrompts,
  type Prompt,
  type PromptMessage,
} from './prompts.ts'
import { listResources, type ResourceContent, type ResourceList, readResource } from './resources.ts'
import { listSkills, readSkill, type SkillList, type SkillProblem, type SkillText } from './skills.ts'
import { type ResourceSubscription, subscribeResources } from './subscribe-resources.ts'

/** What servers offer beside tools. All of these throw AppErrors with a sentence for the person. */
export type Features = {
  resources(connection: Connection, signal: AbortSignal): Promise<ResourceList>
  /** One round. Throws `not_found` where the server has no such resource, and `limit_reached`. */
  readResource(connection: Connection, uri: string, options: RequestOptions): Promise<FeatureResult<ResourceContent[]>>
  prompts(connection: Connection, signal: AbortSignal): Promise<Prompt[]>
  /** One round. Throws `input_invalid` with the server's words where it refuses: most servers do for bad arguments alone. */
  prompt(
    connection: Connection,
    request: PromptRequest,
    options: RequestOptions,
  ): Promise<FeatureResult<PromptMessage[]>>
  /** Reads none of their files. */
  skills(connection: Connection, signal: AbortSignal): Promise<SkillList>
  /** SKILL.md if no `file` is named. Throws `server_refused` for what is not as its server had published it, `not_found`, `limit_reached`. */
  readSkill(
    connection: Connection,
    skill: { uri: string; file?: string | undefined },
    signal: AbortSignal,
  ): Promise<SkillText>
  /** Empty where the server has no completions. */
  complete(connection: Connection, completing: CompletionRequest, signal: AbortSignal): Promise<string[]>
  /** Resolves when the session or its stream ends, or the signal fires. */
  watch(connection: Connection, watching: ResourceSubscription): Promise<void>
}

/** What was asked for, or what the server wants of the person first. */
type FeatureResult<T> = { kind: 'done'; value: T } | InputRequiredOutcome

type PromptRequest = { name: string; arguments: Record<string, string> }

/** Does work on the connection's one open session; throws AppErrors. */
export type WithSession = <T>(connection: Connection, signal: AbortSignal, work: Work<T>) => Promise<T>

export function createFeatures(use: WithSession, timesOf: (connection: Connection) => CallTimes): Features {
  const ask = async <T>(c: Connection, signal: AbortSignal, work: Work<T>): Promise<T> => {
    const reply = await use(c, signal, (session, as) => refusalOr(session, () => work(session, as)))
    if ('value' in reply) return reply.value
    throw refusalOf(c, reply.code, reply.message)
  }
  const roundOf = (c: Connection, options: RequestOptions) => ({ ...options, times: timesOf(c) })
  return {
    resources: (c, signal) => ask(c, signal, ({ client, redactor }) => listResources(client, redactor, signal)),
    readResource: async (c, uri, options) => {
      const reply = await ask(c, options.signal, (session) => readResource(session, uri, roundOf(c, options)))
      return resultOf(c, reply, (read) => {
        if ('contents' in read) return read.contents
        throw tooLargeError('This resource', read.large)
      })
    },
    prompts: (c, signal) => ask(c, signal, ({ client, redactor }) => listPrompts(client, redactor, signal)),
    prompt: async (c, request, options) => {
      const got = await ask(c, options.signal, (session) => getPrompt(session, request, roundOf(c, options))).catch(
        throwAsInvalidInput,
      )
      return resultOf(c, got, (prompt) => {
        if ('messages' in prompt) return prompt.messages
        throw tooLargeError('This prompt', prompt.large)
      })
    },
    skills: (c, signal) => ask(c, signal, ({ client, redactor }) => listSkills(client, redactor, signal)),
    readSkill: async (c, skill, signal) => {
      const read = await ask(c, signal, ({ client, redactor }) => readSkill(client, redactor, skill, signal))
      if ('content' in read) return read
      throw 'large' in read ? tooLargeError('This file of the skill', read.large) : skillProblemError(c, read.problem)
    },
    complete: async (c, completing, signal) => {
      const reply = await use(c, signal, (session) =>
        refusalOr(session, () => completeArgument(session.client, session.redactor, completing, signal)),
      )
      return 'value' in reply ? reply.value : []
    },
    watch: (c, watching) =>
      ask(c, watching.signal, (session, as) => subscribeResources(session, untilRetired(watching, as))),
  }
}

/** A watch has no end of its own: it counts as answered when the server listens, and leaves a session that is retired. */
const untilRetired = (watching: ResourceSubscription, { answered, retired }: SessionUse): ResourceSubscription => ({
  ...watching,
  signal: AbortSignal.any([watching.signal, retired]),
  onReady: () => {
    answered()
    watching.onReady?.()
  },
})

function resultOf<T, G>({ name }: Connection, reply: Reply<T>, read: (value: T) => G): FeatureResult<G> {
  if (reply.kind === 'unfit') throw new AppError('server_refused', `${name}: ${reply.message}`)
  return reply.kind === 'done' ? { kind: 'done', value: read(reply.value) } : reply
}

type ServerReply<T> = { value: T } | { code: number; message: string }

/** An error the server answers with is an answer: it says nothing of the connection. */
async function refusalOr<T>(session: Session, work: () => Promise<T>): Promise<ServerReply<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    if (error instanceof SdkError && error.code === SdkErrorCode.UnsupportedResultType)
      return { code: 0, message: 'it has a question for you first, and I cannot pass that one on.' }
    if (!(error instanceof ProtocolError) || isLostStream(error) || isLostSession(error)) throw error
    return { code: error.code, message: truncate(session.redactor.text(error.message), 300) }
  }
}

/** The code before 2026-07-28 (the specification, resources, error handling). */
const OLD_NOT_FOUND = -32_002

function refusalOf({ name }: Connection, code: number, reply: string): AppError {
  const words = reply.replace(/(?<![.\s])[.\s]*$/, '.')
  if (code === OLD_NOT_FOUND || code === ProtocolErrorCode.InvalidParams)
    return new AppError('not_found', `${name} does not have that, or not with these values. It says: ${words}`)
  if (code === ProtocolErrorCode.MethodNotFound)
    return new AppError('not_found', `${name} lists this, but could not give it when asked. Tell whoever runs it.`)
  return new AppError('server_refused', `${name} refused it: ${words}`)
}

function throwAsInvalidInput(error: unknown): never {
  if (isAppError(error, 'not_found', 'server_refused'))
    throw new AppError('input_invalid', error.message, { cause: error })
  throw error
}

/** Why a skill's file is not used; none of it is shown. */
function skillProblemError({ name }: Connection, problem: SkillProblem): AppError {
  switch (problem) {
    case 'unlisted':
      return new AppError(
        'not_found',
        `${name} does not list such a file in this skill. Read the skill to see its files.`,
      )
    case 'size':
    case 'digest':
      return new AppError(
        'server_refused',
        `What ${name} sent is not what it had published (its ${problem} differs), so I did not use it. If it was just changed, try again; else tell whoever runs it.`,
      )
    case 'frontmatter':
      return new AppError(
        'server_refused',
        `This skill of ${name} says other things of itself in its file than in its list, so I did not use it. Tell whoever runs it.`,
      )
    default:
      return problem satisfies never
  }
}

const tooLargeError = (what: string, characters: number): AppError =>
  new AppError(
    'limit_reached',
    `${what} is too large: it has ${(characters / 1_000_000).toFixed(0)} MB, and I can take 8 MB at most.`,
  )
