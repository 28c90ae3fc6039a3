import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { EmulatorError } from '../errors.ts'
import { functionOf, problemsOfValues } from '../web-api/methods/functions.ts'
import type { Execution, Person } from '../workspace/records.ts'
import { Json } from '../workspace/records.ts'
import type { EmulatorParts } from './emulator-parts.ts'
import { findChannel, findPerson } from './find.ts'

export const StepRun = z.object({ as: z.string(), callback_id: z.string(), inputs: Json.default({}) })

/** Runs a step of Workflow Builder that is a function of the app; people and channels may be named instead of given by id. */
export function runWorkflowStep(
  parts: EmulatorParts,
  { as, callback_id, inputs: typed }: z.infer<typeof StepRun>,
): Json {
  const { workspace } = parts
  const person = findPerson(parts, as)
  const known = functionOf(workspace, callback_id)
  if (known === undefined) throw new EmulatorError('conflict', noSuchStep(parts, callback_id))
  if (workspace.appTokens.live() === undefined) throw new EmulatorError('conflict', 'the app is not installed here')
  const inputs = Object.fromEntries(
    Object.entries(typed).map(([name, value]) => {
      const type = known.input_parameters.find((one) => one.name === name)?.type
      return [name, inputFrom(parts, type, value)]
    }),
  )
  const [problem] = problemsOfValues(known.input_parameters, inputs)
  if (problem !== undefined) throw new EmulatorError('input_invalid', `inputs: ${problem}`)
  const execution = newExecution(parts, person, { callback_id, title: known.title, inputs })
  workspace.executions.put(execution.id, execution)
  workspace.publish({ kind: 'function_started', execution })
  return { ok: true, execution: execution.id }
}

function noSuchStep({ workspace }: EmulatorParts, callbackId: string): string {
  const names = workspace.manifest().functions.map((one) => one.callback_id)
  if (names.length > 0) return `there is no step "${callbackId}"; there are: ${names.join(', ')}`
  return 'the app has no steps: its manifest needs functions, and settings.org_deploy_enabled'
}

const randomId = (): string => randomBytes(6).toString('hex').toUpperCase()

const newExecution = (
  { workspace }: EmulatorParts,
  { id: by }: Person,
  step: Pick<Execution, 'callback_id' | 'title' | 'inputs'>,
): Execution => ({
  ...step,
  id: `Fx${randomId()}`,
  workflow: `Wx${randomId()}`,
  token: `xwfp-${randomId()}${randomId()}`,
  by,
  startedAt: workspace.now(),
  status: 'running',
})

/** What a form's text means for the parameter's type. */
function inputFrom(parts: EmulatorParts, type: string | undefined, value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value
  if (type === 'slack#/types/user_id') return findPerson(parts, value).id
  if (type === 'slack#/types/channel_id') return findChannel(parts, value).id
  if (type === 'integer' || type === 'number') return Number(value)
  if (type === 'boolean') return value === 'true'
  return value
}

/** The steps that ran, newest first; the tokens stay with the app. */
export function listExecutions({ workspace }: EmulatorParts): Json {
  const all = workspace.executions.values().map(({ token: _, ...shown }) => shown)
  return { executions: all.toReversed() }
}
