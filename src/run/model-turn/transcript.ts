import type { Message, TextPart, ToolResult, UserMessage } from '../../model/turn.ts'
import { headOf } from '../../text.ts'
import type { ApprovalState, CallState, RunState } from '../state/state.ts'
import type { SaidMessages } from '../storage/conversations.ts'
import { describeCorrection, describeRequest, filesTextOf, laterText, NOTHING_SAID } from './request-text.ts'

/** Earlier results are only recalled, not worked on: the beginning of each is enough. */
const RECALLED_RESULT_CHARS = 2_000

/** This run as the model's API takes it: the request, then each turn and the results of its calls. */
export function messagesOf(state: RunState, before: SaidMessages = NOTHING_SAID): Message[] {
  const request: TextPart = { type: 'text', text: describeRequest(state, before) }
  let messages: Message[] = [{ role: 'user', content: [request, ...filePartsOf(state)] }]
  for (const [index, turn] of state.turns.entries()) {
    messages = withNews(messages, state, index)
    if (turn.content.length > 0) messages.push({ role: 'assistant', content: turn.content })
    const results = state.calls.filter((call) => turn.callIds.includes(call.id)).map((call) => resultOf(state, call))
    if (results.length > 0) messages.push({ role: 'user', content: results })
    else if (turn.stop === 'length')
      messages.push({ role: 'user', content: [{ type: 'text', text: 'Go on exactly where you stopped.' }] })
  }
  return withNews(messages, state, state.turns.length)
}

const filePartsOf = ({ files }: Pick<RunState, 'files'>) => files.map((file) => ({ type: 'file' as const, ...file }))

/** What was told before a turn: what the person said in place of deciding, and the time where the run went on much later. */
function withNews(messages: Message[], state: RunState, turn: number): Message[] {
  const said = state.corrections.filter((one) => one.turn === turn)
  const told = said.reduce((all, one) => {
    const words: TextPart = { type: 'text', text: describeCorrection(state, one) }
    return withParts(all, [words, ...filePartsOf(one)])
  }, messages)
  const times = state.resumed.filter((one) => one.turn === turn)
  return times.reduce((all, { at }) => withText(all, laterText(state, at)), told)
}

/** The same messages with one more text at the end of the last, which is the person's or the tools'. */
export const withText = (messages: Message[], text: string): Message[] => withParts(messages, [{ type: 'text', text }])

function withParts(messages: Message[], parts: UserMessage['content']): Message[] {
  const last = messages.at(-1)
  if (last?.role !== 'user') return [...messages, { role: 'user', content: parts }]
  return [...messages.slice(0, -1), { role: 'user', content: [...last.content, ...parts] }]
}

/** An earlier run of the conversation. What another person's tools returned stays with that person: of theirs only words are told. */
export function earlierMessagesOf(state: RunState, own: boolean, before: SaidMessages = NOTHING_SAID): Message[] {
  if (state.withdrawn)
    return [createUserMessage(describeRequest(withoutWords(state), before)), createAssistantMessage(endWords(state))]
  if (!own) {
    const said = state.corrections.map((one) => `\n${describeCorrection(state, one)}${filesTextOf(one)}`)
    return [
      createUserMessage(describeRequest(state, before) + filesTextOf(state) + said.join('')),
      createAssistantMessage(modelTextOf(state) || '(no answer)'),
    ]
  }
  const plain = messagesOf(state, before).map((message): Message => {
    if (message.role === 'user')
      return {
        role: 'user',
        content: message.content.map((part) => (part.type === 'tool_result' ? shortened(part) : part)),
      }
    return { role: 'assistant', content: message.content.filter((part) => part.type !== 'opaque') }
  })
  const kept = plain.filter((message) => message.content.length > 0)
  return kept.at(-1)?.role === 'assistant' ? kept : [...kept, createAssistantMessage(endWords(state))]
}

/** A deleted request, with what others said before it. */
const withoutWords = (state: RunState): RunState => ({
  ...state,
  text: '(this message was deleted)',
  prompt: undefined,
  skill: undefined,
  first: undefined,
  corrections: [],
})

/** All the model said in a run. */
const modelTextOf = (state: RunState): string =>
  state.turns
    .map((turn) => turn.text)
    .filter(Boolean)
    .join('\n\n')

export const createUserMessage = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] })
export const createAssistantMessage = (text: string): Message => ({
  role: 'assistant',
  content: [{ type: 'text', text }],
})

export function endWords(state: RunState): string {
  if (state.status === 'stopped') return STOPPED_WORDS[state.stoppedWhy ?? 'asked']
  return state.failure ? `(failed: ${state.failure.message})` : '(ended here)'
}

const STOPPED_WORDS = {
  asked: '(stopped by the person)',
  request_deleted: '(stopped, as this message was deleted)',
  message_changed: '(not done: the person changed this message, which follows as it is now)',
  stopped_before: '(not begun, as the request before it was stopped)',
  asker_ended: '(not finished, as the request that asked for it ended)',
  parked_too_long: '(not finished, as nobody said for a week how it goes on)',
}

function resultOf(state: RunState, call: CallState): ToolResult {
  const { result } = call
  if (result) {
    const images = result.images.length > 0 ? { images: result.images } : {}
    return { type: 'tool_result', id: call.id, text: edited(call) + result.text, isError: result.isError, ...images }
  }
  return { type: 'tool_result', id: call.id, text: withoutResult(state, call), isError: true }
}

/** The model must know when a person changed what it asked for. */
const edited = (call: CallState): string =>
  call.approval?.decided?.edited
    ? `[A person changed the arguments to ${JSON.stringify(call.arguments)} before approving. That is what ran, not what you asked for.]\n`
    : ''

function withoutResult(state: RunState, call: CallState): string {
  const { approval, cause, stage } = call
  if (stage === 'denied' && approval?.decided?.decision === 'denied') return denialText(state, approval)
  switch (stage) {
    case 'denied':
      return `Not done. ${cause ?? 'It was denied.'} Do not try the same again; tell the person, or find another way.`
    case 'cancelled':
      if (approval?.decided?.decision === 'withdrawn') return WITHDRAWN_RESULT
      return `Not done. ${cause ?? 'It was stopped.'}`
    default:
      return 'There is no result.'
  }
}

const WITHDRAWN_RESULT =
  'Not done: before anybody decided on this call, the person who asked wrote what follows, and that withdrew it. Do what they want now. Make this call again only if they still want exactly this.'
/** What a person said with a denial is how the request goes on; what an approver said is not the requester's own word. */
function denialText({ origin }: RunState, { decided, proposal }: ApprovalState): string {
  const isOwn = decided?.by === origin.user
  const who = isOwn ? 'The person who asked' : 'An approver'
  const what = proposal ? `a change of an approver, to ${JSON.stringify(proposal.arguments)}` : 'this call'
  const reason = decided?.reason
  if (reason === undefined)
    return `Not done. ${who} denied ${what}. Do not make this call again unless the person who asked wants it; say so, and offer another way.`
  const follow = isOwn ? 'Do that instead' : 'Go on that way, as far as it serves the request'
  return `Not done. ${who} denied ${what} and said: ${JSON.stringify(reason)}. ${follow}; do not make this call again unless the person who asked wants it.`
}

const shortened = (part: ToolResult): ToolResult => ({
  type: 'tool_result',
  id: part.id,
  isError: part.isError,
  text: part.text.length > RECALLED_RESULT_CHARS ? `${headOf(part.text, RECALLED_RESULT_CHARS)} […]` : part.text,
})
