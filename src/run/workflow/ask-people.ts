import { z } from 'zod'
import { UserId } from '../../ids.ts'
import type { FormField } from '../../mcp/elicitation/form-field.ts'
import { WorkflowInput } from '../../workflows/workflow.ts'
import { createRefusedEvent } from '../calls/call-tools.ts'
import { requestAnswer } from '../calls/request-input.ts'
import type { RunDeps } from '../deps.ts'
import type { EventOf } from '../state/events.ts'
import type { CallState } from '../state/state.ts'
import { answerIn } from '../state/workflow-calls.ts'
import { appendEvents, type LeasedRun } from '../storage/leased-run.ts'

const Question = z.object({
  text: z.string(),
  approvers: z.array(UserId).min(1).optional(),
  form: z.record(z.string(), WorkflowInput).optional(),
})

/** Asks whoever a step names, or who the run works for: a form, which is empty where only a yes or a no is needed. */
export async function askPeople(deps: RunDeps, leased: LeasedRun, calls: CallState[]): Promise<void> {
  for (const call of calls) {
    const asked = Question.safeParse(call.arguments)
    if (!asked.success || leased.state.workflow === undefined) {
      await appendEvents(deps, leased, [createRefusedEvent(deps, call, NOT_ASKED)], 'fact')
      continue
    }
    const { text, approvers = [leased.state.origin.user], form = {} } = asked.data
    const fields = Object.entries(form).map(([name, input]) => fieldOf(name, input))
    const request = { kind: 'form' as const, message: text, fields }
    await requestAnswer(deps, leased, call, { request, people: [...new Set(approvers)] })
  }
}

const NOT_ASKED = 'This cannot be asked: name people by their ids, such as U0123ABCD, and give the question as a text.'

function fieldOf(
  name: string,
  { type, description, required = false, default: given, choices = [] }: WorkflowInput,
): FormField {
  const common = { name, title: name, required, ...(description !== undefined && { hint: description }) }
  switch (type) {
    case 'string':
      return { ...common, kind: 'text', ...(typeof given === 'string' && { default: given }) }
    case 'date':
      return { ...common, kind: 'text', format: 'date', ...(isDay(given) && { default: given }) }
    case 'number':
      return { ...common, kind: 'number', integer: false, ...(typeof given === 'number' && { default: given }) }
    case 'boolean':
      return { ...common, kind: 'yes_no', ...(typeof given === 'boolean' && { default: given }) }
    case 'choice': {
      const options = choices.map((choice) => ({ value: choice, title: choice }))
      return { ...common, kind: 'one', options, ...(typeof given === 'string' && { default: given }) }
    }
    default:
      return type satisfies never
  }
}

const isDay = (value: WorkflowInput['default']): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)

/** The first answer of those who were asked is what the call returns. */
export async function takeAnswers(deps: RunDeps, leased: LeasedRun, calls: CallState[]): Promise<void> {
  const decidedAt = leased.seq
  await appendEvents(
    deps,
    leased,
    calls.map((call) => returnedEvent(deps, call)),
    { decidedAt },
  )
}

function returnedEvent(deps: RunDeps, call: CallState): EventOf<'returned'> {
  const answer = answerIn(call.inputs)
  if (answer?.action !== 'accept')
    return { ...createRefusedEvent(deps, call, 'The answer was no.'), outcome: 'cancelled' }
  const values = answer.content ?? {}
  const output = Object.keys(values).length > 0 ? values : { approved: true, by: answer.by ?? null }
  return { ...createRefusedEvent(deps, call, 'The answer was yes.'), outcome: 'ok', output }
}
