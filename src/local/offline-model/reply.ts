import { truncate } from '../../text.ts'
import { type Conversation, type PastCall, readConversation } from './api/conversation.ts'
import type { MessagesRequest } from './api/request.ts'
import { createToolUseId, type ModelReply, tokensOf } from './api/stream.ts'
import { doneText, OFFERED, SIGNATURE } from './plan/answer.ts'
import { planRequest } from './plan/plan.ts'
import { type PlannedStep, readTool } from './plan/plan-types.ts'

/** Enough for several uses with a look-up each; after that something goes round in circles. */
const STEPS_MAX = 12
const SUMMARY_LINES_MAX = 30
const SUMMARY_LINE_MAX_CHARACTERS = 200

type Next = { kind: 'step'; step: PlannedStep } | { kind: 'answer'; text: string }

/** The offline model's answer: one more tool call, or a closing text. A function of the request alone. */
export function replyFor(request: MessagesRequest): ModelReply {
  const conversation = readConversation(request)
  const next = wantsSummary(request) ? summary(conversation) : nextOf(conversation, request)
  const content: ModelReply['content'] =
    next.kind === 'answer'
      ? [{ type: 'text', text: next.text }]
      : [
          { type: 'text', text: next.step.say },
          ...inputsOf(next.step).map((input) => ({
            type: 'tool_use' as const,
            id: createToolUseId(),
            name: next.step.tool.fullName,
            input,
          })),
        ]
  return {
    model: request.model,
    content,
    stopReason: next.kind === 'answer' ? 'end_turn' : 'tool_use',
    inputTokens: tokensOf(JSON.stringify([request.system, request.messages, request.tools])),
  }
}

const inputsOf = ({ input, together = [] }: PlannedStep) => [input, ...together]

/** Replays the work on what was asked with the outcomes so far; what it wants next is the reply. */
function nextOf({ asked, done, before }: Conversation, request: MessagesRequest): Next {
  const state = {
    tools: request.tools.map(readTool),
    lastPath: before.map(filePathOf).findLast((path) => path !== undefined),
    calls: before.map(({ name, text }) => ({ name, text })),
  }
  const work = planRequest(asked, state)
  let at = work.next()
  const left = [...done]
  for (let outcome = left.shift(); outcome !== undefined; outcome = left.shift()) {
    // A step that was not ours, or tools that have changed since: better to say what there is than to go on blindly.
    if (at.done || at.value.tool.fullName !== outcome.name) return signed(doneText(done))
    const others = left.splice(0, inputsOf(at.value).length - 1)
    for (const { name, text } of [outcome, ...others]) state.calls.push({ name, text })
    state.lastPath = filePathOf(outcome) ?? state.lastPath
    at = work.next({ ...outcome, others })
  }
  if (at.done) return signed(at.value)
  if (done.length >= STEPS_MAX) return signed(doneText(done))
  // An approval may wait for days under the first words, so they too tell who speaks.
  const say = done.length === 0 ? SIGNATURE : at.value.say
  return { kind: 'step', step: { ...at.value, say } }
}

/** The file a call was about, which "it" may mean later. */
function filePathOf({ input: { path }, isError }: PastCall): string | undefined {
  return !isError && typeof path === 'string' && path !== '.' ? path : undefined
}

/** Above the questions it offers, as these end the answer. */
function signed(text: string): Next {
  const at = text.lastIndexOf(OFFERED)
  const end = at < 0 ? text.length : at
  return { kind: 'answer', text: `${text.slice(0, end)}\n\n${SIGNATURE}${text.slice(end)}` }
}

/** A program asks for a summary, not a person: then there are no tools. */
function wantsSummary({ tools, system, messages }: MessagesRequest): boolean {
  const orders = typeof system === 'string' ? system : system.map(({ text }) => text).join('\n')
  const only = messages.length === 1 ? readConversation({ ...EMPTY, messages }).asked : ''
  return tools.length === 0 && [orders, only].some((text) => /^\s*(?:please\s+)?(?:sum up|summari[sz]e)\b/i.test(text))
}

const EMPTY = { model: '', max_tokens: 1, stream: false, system: '', tools: [] }

function summary({ said, asked }: Conversation): Next {
  const lines = [...said, asked]
    .flatMap((text) => text.split('\n').map((line) => line.replace(/^\| /, '')))
    .filter((line) => line.trim() !== '' && line !== SIGNATURE && !/^<\\*\/?[a-z_]+>$/.test(line))
  const short = lines.slice(-SUMMARY_LINES_MAX).map((line) => `- ${truncate(line.trim(), SUMMARY_LINE_MAX_CHARACTERS)}`)
  return { kind: 'answer', text: short.join('\n') }
}
