import type { InputId, Principal, RunId, WorkspaceId } from '../../ids.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import type { FormField } from '../../mcp/elicitation/form-field.ts'
import { validateForm } from '../../mcp/elicitation/validate-form.ts'
import type { RunDeps } from '../deps.ts'
import type { AnswerInputOutcome, InputAnswerRequest, PendingInput } from '../runs.ts'
import { createInputAnsweredEvent, openInputsOf } from '../state/fold-call.ts'

/** The run, call and question of an id, as they are now. */
export async function findPendingInput(
  deps: RunDeps,
  id: InputId,
  workspace: WorkspaceId,
): Promise<PendingInput | undefined> {
  const row = await deps.store.input(id, workspace)
  return row ? askedIn(row) : undefined
}

type Row = NonNullable<Awaited<ReturnType<RunDeps['store']['input']>>>

function askedIn(row: Row): PendingInput | undefined {
  const { state } = row
  const call = state.calls.find((one) => one.id === row.call)
  const input = call?.inputs.find((one) => one.id === row.input)
  return call && input ? { state, call, input } : undefined
}

/**
 * Settles a question once. Who answers is checked at the moment of the press, a form's content against its fields.
 * Returns the outcome, and the run to go on with if this instance won it.
 */
export async function answerInput(
  deps: RunDeps,
  given: InputAnswerRequest,
): Promise<{ outcome: AnswerInputOutcome; claim?: { run: RunId; fence: number } }> {
  const found = await findPendingInput(deps, given.input, given.by.workspace)
  if (!found || found.state.id !== given.run) return { outcome: { kind: 'gone' } }
  const refused = refusalOf(found, given)
  if (refused) return { outcome: refused }
  const { call, input } = found
  const event = createInputAnsweredEvent(
    deps.now(),
    { call: call.id, input: input.id, by: given.by.user },
    given.action,
    contentOf(found, given),
  )
  const settled = await deps.store.give({
    run: given.run,
    workspace: given.by.workspace,
    input: input.id,
    by: given.by.user,
    event,
  })
  if (settled.kind === 'gone' || settled.kind === 'not_yours') return { outcome: settled }
  const claim = settled.fence == null ? {} : { claim: { run: settled.run, fence: settled.fence } }
  if (settled.kind === 'settled') return { outcome: { kind: 'settled' }, ...claim }
  return { outcome: { kind: 'already', action: settled.action, by: settled.by ?? undefined, at: settled.at }, ...claim }
}

function refusalOf({ input }: PendingInput, given: InputAnswerRequest): AnswerInputOutcome | undefined {
  if (input.person !== given.by.user) return { kind: 'not_yours', person: input.person }
  if (input.given) return { kind: 'already', action: input.given.action, by: input.given.by, at: input.given.at }
  if (given.action !== 'accept' || input.request.kind !== 'form') return undefined
  const problems = validateForm(input.request.fields, given.content ?? {})
  return problems.length > 0 ? { kind: 'invalid', problems } : undefined
}

/** Only what was asked for goes out. */
function contentOf({ input }: PendingInput, { action, content = {} }: InputAnswerRequest): JsonObject | undefined {
  if (action !== 'accept' || input.request.kind !== 'form') return undefined
  const asked = new Set(input.request.fields.map(({ name }) => name))
  return Object.fromEntries(Object.entries(content).filter(([name]) => asked.has(name)))
}

/** What is asked of a person now, oldest first. */
export async function listOpenInputs(deps: RunDeps, principal: Principal): Promise<PendingInput[]> {
  const rows = await deps.store.pendingInputs(principal)
  const asked = rows.map(askedIn).filter((one) => one !== undefined)
  return asked.filter(({ call, input }) => openInputsOf(call).includes(input))
}

// A door may not look into mcp/, so a form's fields are handed on here.
export type { FormField } from '../../mcp/elicitation/form-field.ts'

export type FormValue = string | number | boolean | string[]

/** Whether a value would be taken for this field. */
export const fitsField = (field: FormField, value: JsonValue | undefined): boolean =>
  value !== undefined && validateForm([field], { [field.name]: value }).length === 0
