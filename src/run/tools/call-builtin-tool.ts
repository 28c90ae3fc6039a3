import { type AppError, type ErrorCode, isAppError } from '../../errors.ts'
import type { PromptMessage } from '../../mcp/features/prompts.ts'
import { isListedResource, type Resource } from '../../mcp/features/resources.ts'
import type { Skill, SkillText } from '../../mcp/features/skills.ts'
import { authChallengeIn } from '../../mcp/protocol/auth-challenge.ts'
import type { CallFailure, CallOptions, ContentPart, ToolOutcome } from '../../mcp/requests/outcome.ts'
import { truncate } from '../../text.ts'
import type { BuiltinTool, RunDeps, RunTool, Source } from '../deps.ts'
import { quoteWords } from '../frames.ts'
import type { CallState, RunState } from '../state/state.ts'
import { createTextResult, listPageText, quotePrompt, quoteSkill, unlistedText, wasMentioned } from './list-text.ts'

/** What the server says to the question; anything else is trouble on the way. */
const ANSWERS = new Set<ErrorCode>(['not_found', 'limit_reached', 'server_refused', 'input_invalid'])

/** Makes a call to one of our tools. Never throws for what a server or a network does. */
export async function callBuiltinTool(
  { mcp }: Pick<RunDeps, 'mcp'>,
  state: RunState,
  { call, source, tool }: BuiltinCall,
  options: BuiltinRequest['options'],
): Promise<ToolOutcome> {
  const began = performance.now()
  const elapsed = () => performance.now() - began
  try {
    return { ...(await answerBuiltin(tool.builtin, { mcp, state, source, call, options })), ms: elapsed() }
  } catch (error) {
    if (!isAppError(error)) throw error
    if (ANSWERS.has(error.code)) return { ...createTextResult('tool_error', error.message), ms: elapsed() }
    // Reading may always be repeated, so it does not matter how far it came.
    return { ...failureOf(error), ms: elapsed() }
  }
}

function failureOf(error: AppError): Omit<CallFailure, 'ms'> {
  const { code, message } = error
  const challenge = authChallengeIn(error)
  if (challenge !== undefined) return { kind: 'failed', why: 'sign_in', message, sent: false, challenge }
  return { kind: 'failed', why: code === 'cancelled' ? 'cancelled' : 'unreachable', message, sent: false }
}

function answerBuiltin(builtin: BuiltinTool, reading: BuiltinRequest): Promise<BuiltinResult> {
  switch (builtin) {
    case 'list_resources':
      return listResourcesForModel(reading)
    case 'read_resource':
      return readResourceForModel(reading)
    case 'list_skills':
      return listSkillsForModel(reading)
    case 'read_skill':
      return readSkillForModel(reading)
    case 'get_prompt':
      return getChosenPrompt(reading)
    default:
      return builtin satisfies never
  }
}

/** A call to a builtin tool, on one connection. */
export type BuiltinCall = {
  call: Pick<CallState, 'id' | 'arguments'>
  source: Source
  tool: RunTool & { builtin: BuiltinTool }
}

/** One round of such a call. */
export type BuiltinRequest = {
  mcp: RunDeps['mcp']
  state: RunState
  source: Source
  call: BuiltinCall['call']
  options: Pick<CallOptions, 'signal' | 'resume' | 'onInput'>
}

/** What came of it, in words or as parts; without the time it took. */
export type BuiltinResult =
  | { kind: 'ok' | 'tool_error'; content: ContentPart[] }
  | Omit<Extract<ToolOutcome, { kind: 'input_required' }>, 'ms'>

/** The prompt with which the person began the run; no other, however the model asks for it. */
async function getChosenPrompt({ mcp, state, source, call, options }: BuiltinRequest): Promise<BuiltinResult> {
  if (state.first?.call !== call.id)
    return createTextResult(
      'tool_error',
      'Only people choose prompts: the button Prompts is at each connection in the Home tab.',
    )
  const name = String(call.arguments.name)
  const got = await mcp.prompt(source, { name, arguments: textsIn(call.arguments.arguments) }, options)
  if (got.kind !== 'done') return got
  const messages = got.value.map(({ role, content }) => ({ role, text: textOf(content) }))
  const { content } = createTextResult('ok', quotePrompt({ connection: source.name, name, messages }))
  return { kind: 'ok', content: [...content, ...got.value.flatMap((one) => mediaOf(one.content))] }
}

const textsIn = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(Object(value)).map(([name, text]) => [name, String(text)]))

function textOf(content: PromptMessage['content']): string {
  switch (content.type) {
    case 'text':
      return content.text
    case 'link':
      return `${content.name}: ${content.uri}`
    case 'resource':
      return content.text === undefined
        ? `[resource ${content.uri}]`
        : quoteWords('resource', { uri: content.uri }, content.text)
    case 'image':
    case 'audio':
      return `[${content.type}]`
    default:
      return content satisfies never
  }
}

/** What is no text goes along as what it is. */
function mediaOf(content: PromptMessage['content']): PromptMessage['content'][] {
  if (content.type === 'text' || content.type === 'link') return []
  if (content.type !== 'resource') return [content]
  return content.data === undefined ? [] : [content]
}

async function listResourcesForModel({ mcp, source, call, options }: BuiltinRequest): Promise<BuiltinResult> {
  const { resources, templates, more } = await mcp.resources(source, options.signal)
  const patterns = templates.map((one) => `- ${one.uriTemplate} (template) ${about(one)}`)
  const others = more ? ['The server has more than can be listed.'] : []
  const what = {
    what: 'resources',
    line: (one: Resource) => `- ${one.uri} ${about(one)}`,
    last: [...patterns, ...others],
  }
  return createTextResult('ok', listPageText(resources, call.arguments, what))
}

async function readResourceForModel({ mcp, state, source, call, options }: BuiltinRequest): Promise<BuiltinResult> {
  const uri = String(call.arguments.uri)
  // Tools may link to resources that their server does not list (the specification, tools, resource links).
  if (!isListedResource(await mcp.resources(source, options.signal), uri) && !wasMentioned(state, source.id, uri))
    return createTextResult('tool_error', unlistedText(uri, source.name))
  const read = await mcp.readResource(source, uri, options)
  return read.kind === 'done' ? { kind: 'ok', content: read.value } : read
}

function about({ name, description, mimeType, size }: Omit<Resource, 'uri' | 'size'> & { size?: number | undefined }) {
  const facts = [mimeType, size === undefined ? undefined : `${size} bytes`].filter(Boolean).join(', ')
  return [JSON.stringify(name), facts && `(${facts})`, truncate(description.replace(/\s+/g, ' '), 200)]
    .filter(Boolean)
    .join(' ')
}

async function listSkillsForModel({ mcp, source, call, options }: BuiltinRequest): Promise<BuiltinResult> {
  const { skills, refused } = await mcp.skills(source, options.signal)
  const unsound = refused === 0 ? [] : [`${refused} more are left out: they are not as skills have to be.`]
  const line = ({ uri, name, description }: Skill) => `- ${uri} ${JSON.stringify(name)} ${inLine(description)}`
  return createTextResult(
    'ok',
    listPageText(skills, call.arguments, { what: `skills of ${source.name}`, line, last: unsound }),
  )
}

const inLine = (text: string): string => truncate(text.replace(/\s+/g, ' '), 400)

/** Only what its server publishes as a skill, and of that only the files of that skill. */
async function readSkillForModel({ mcp, state, source, call, options }: BuiltinRequest): Promise<BuiltinResult> {
  const uri = String(call.arguments.skill)
  const file = call.arguments.file === undefined ? undefined : String(call.arguments.file)
  const { skills } = await mcp.skills(source, options.signal)
  const chosen = state.skill?.connection === source.name && state.skill.uri === uri
  // What is not listed may be linked to, also from the server's notes; whether it is one its server says.
  const linked = wasMentioned(state, source.id, uri) || source.instructions?.includes(uri) === true
  const known = chosen || linked || skills.some((one) => one.uri === uri)
  if (!known) return createTextResult('tool_error', `${uri} is not a skill of ${source.name}. List its skills first.`)
  const read = await mcp.readSkill(source, { uri, file }, options.signal)
  const { text } = read.content
  if (text === undefined) return { kind: 'ok', content: [read.content] }
  return createTextResult('ok', quoteSkill({ ...wordsOf(read, file), connection: source.name, text }))
}

const wordsOf = ({ skill, checked }: SkillText, file: string | undefined) => ({
  name: skill.name,
  uri: skill.uri,
  checked,
  ...(file === undefined ? { files: skill.files?.map(({ path }) => path) } : { file }),
})
