import type { JsonObject, JsonValue } from '../../json.ts'
import type { BegunStep } from '../../workflows/progress/begun-steps.ts'
import { createRefusedEvent } from '../calls/call-tools.ts'
import { type PolicyInputs, policyInputsFor, verdictFor } from '../calls/verdicts.ts'
import type { RunDeps } from '../deps.ts'
import { memberStepsOf } from '../state/panel-calls.ts'
import { appendEvents, type LeasedRun } from '../storage/leased-run.ts'
import { nameTools } from '../tools/offered-tools.ts'
import { createRequestEvent } from '../tools/request-event.ts'
import { findStepTool } from './find-step-tool.ts'

type OneCall = Exclude<BegunStep, { kind: 'panel' }>
type Requested = { id: string; name: string; input: JsonObject; problem?: string }

/** Requests the calls of steps as a model would: they are judged, approved and made like any other. What cannot be called is refused at once. */
export async function beginSteps(deps: RunDeps, leased: LeasedRun, steps: BegunStep[]): Promise<void> {
  const decidedAt = leased.seq
  const calls = steps.flatMap((step): OneCall[] => (step.kind === 'panel' ? memberStepsOf(step) : [step]))
  const tools = calls.filter((step) => step.kind === 'tool')
  const policy = tools.length > 0 ? await policyInputsFor(deps, leased.state) : undefined
  const requested = calls.map((step) =>
    step.kind === 'tool' ? toolCallOf(deps, leased, policy, step) : ownCallOf(step),
  )
  const refused = requested.flatMap((call) =>
    call.problem === undefined ? [] : [createRefusedEvent(deps, call, call.problem)],
  )
  const parts = requested.map(({ problem: _, ...part }) => part)
  await appendEvents(deps, leased, [createRequestEvent(deps, parts), ...refused], { decidedAt })
}

function toolCallOf(
  deps: RunDeps,
  { state }: LeasedRun,
  policy: PolicyInputs | undefined,
  { call, tool, arguments: input, instead }: Extract<OneCall, { kind: 'tool' }>,
): Requested {
  const one = findStepTool(nameTools(policy?.sources ?? []), tool)
  if (policy === undefined || 'problem' in one)
    return { id: call, name: tool, input, problem: 'problem' in one ? one.problem : tool }
  const common = { id: call, name: one.name, input }
  if (!instead || verdictFor(deps, state, { policy, found: one.found, args: input }).verdict.risk === 'read')
    return common
  return { ...common, problem: `${tool} may change something, so it is not tried instead of another tool by itself.` }
}

function ownCallOf(step: Exclude<OneCall, { kind: 'tool' }>): Requested {
  if (step.kind === 'agent') return { id: step.call, name: 'ask_agent', input: { agent: step.agent, task: step.task } }
  const { text, approvers, form } = step
  const fields: [string, JsonValue | undefined][] = [
    ['text', text],
    ['approvers', approvers],
    ['form', form === undefined ? undefined : toJson(form)],
  ]
  const input = Object.fromEntries(fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
  return { id: step.call, name: 'ask_people', input }
}

/** The form without the fields that are undefined, as it is stored. */
function toJson(form: NonNullable<Extract<OneCall, { kind: 'ask' }>['form']>): JsonObject {
  const forms = Object.entries(form).map(([name, input]): [string, JsonValue] => {
    const { type, ...rest } = input
    const given = Object.entries(rest).flatMap(([key, value]): [string, JsonValue][] =>
      value === undefined ? [] : [[key, value]],
    )
    return [name, { type, ...Object.fromEntries(given) }]
  })
  return Object.fromEntries(forms)
}
