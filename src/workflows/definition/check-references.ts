import { isAppError } from '../../errors.ts'
import type { JsonValue } from '../../json.ts'
import { conditionExpressionOf } from '../templates/render-template.ts'
import { findExpressionReferences, referencesIn, type TemplateReference } from '../templates/template-references.ts'
import type { WorkflowDefinition, WorkflowStep } from '../workflow.ts'
import { type DefinitionProblem, nearestName } from './definition-problems.ts'
import { branchesOf, stepsIn } from './step-actions.ts'

type Path = DefinitionProblem['path']

/** What templates of a step may name: ids of steps that were done before it, and names that only stand in some places. */
type Sight = { steps: ReadonlySet<string>; names: readonly string[] }

/** What holds for the whole definition. */
type Known = { ids: Set<string>; inputs: string[] }

const EVERYWHERE = ['inputs', 'steps', 'now', 'timezone', 'trigger']
const IN_EACH = ['item', 'index']

/** Every template that cannot be read, or that names what is not there or comes later. */
export function checkReferences(definition: WorkflowDefinition): DefinitionProblem[] {
  const known = {
    ids: new Set(stepsIn(definition).map(({ step }) => step.id)),
    inputs: Object.keys(definition.inputs ?? {}),
  }
  const start: Sight = { steps: new Set(), names: EVERYWHERE }
  const { problems, after } = checkSteps(definition.steps, ['steps'], start, known)
  const output = definition.output === undefined ? [] : textProblems(definition.output, ['output'], after, known)
  return [...problems, ...output]
}

type Seen = { problems: DefinitionProblem[]; after: Sight }

function checkSteps(steps: WorkflowStep[], path: Path, before: Sight, known: Known): Seen {
  let sight = before
  const problems: DefinitionProblem[] = []
  for (const [at, step] of steps.entries()) {
    const seen = checkStep(step, [...path, at], sight, known)
    problems.push(...seen.problems)
    sight = seen.after
  }
  return { problems, after: sight }
}

function checkStep(step: WorkflowStep, path: Path, before: Sight, known: Known): Seen {
  const own = templatesOf(step).flatMap(([key, value]) => {
    const sight = key[0] === 'undo' ? { ...before, names: [...before.names, 'output'] } : before
    return textProblems(value, [...path, ...key], sight, known)
  })
  const condition = step.if === undefined ? [] : conditionProblems(step.if, [...path, 'if'], before, known)
  const isEach = step.each !== undefined
  const inner = isEach ? { ...before, names: [...before.names, ...IN_EACH] } : before
  const branches = branchesOf(step).flatMap(([key, steps]) =>
    key === 'parallel'
      ? steps.map((one, at) => checkStep(one, [...path, key, at], inner, known))
      : [checkSteps(steps, [...path, key], inner, known)],
  )
  // An item's steps are gone with the item: the each itself has what they left.
  const left = isEach ? [] : branches.flatMap(({ after }) => [...after.steps])
  return {
    problems: [...condition, ...own, ...branches.flatMap(({ problems }) => problems)],
    after: { ...before, steps: new Set([...before.steps, ...left, step.id]) },
  }
}

/** What of a step is rendered. */
function templatesOf(step: WorkflowStep): [key: string[], value: JsonValue][] {
  const { on_error: instead, wait } = step
  const values: [string[], JsonValue | undefined][] = [
    [['with'], step.with],
    [['task'], step.task],
    [['ask'], step.ask],
    [['each'], step.each],
    [['wait', 'until'], typeof wait === 'object' ? wait.until : undefined],
    [['on_error', 'with'], typeof instead === 'object' ? instead.with : undefined],
    [['undo', 'with'], step.undo?.with],
  ]
  return values.flatMap(([key, value]): [string[], JsonValue][] => (value === undefined ? [] : [[key, value]]))
}

function textProblems(value: JsonValue, path: Path, sight: Sight, known: Known): DefinitionProblem[] {
  if (typeof value === 'string') return problemsIn(() => referencesIn(value), path, sight, known)
  if (Array.isArray(value)) return value.flatMap((one, at) => textProblems(one, [...path, at], sight, known))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => textProblems(inner, [...path, name], sight, known))
}

const conditionProblems = (condition: string, path: Path, sight: Sight, known: Known): DefinitionProblem[] =>
  problemsIn(() => findExpressionReferences(conditionExpressionOf(condition)), path, sight, known)

function problemsIn(read: () => TemplateReference[], path: Path, sight: Sight, known: Known): DefinitionProblem[] {
  try {
    return read().flatMap((reference) => {
      const reason = reasonAgainst(reference, sight, known)
      return reason === undefined ? [] : [{ path, reason }]
    })
  } catch (error) {
    if (!isAppError(error, 'input_invalid')) throw error
    return [{ path, reason: error.message }]
  }
}

function reasonAgainst([name = '', second]: TemplateReference, sight: Sight, known: Known): string | undefined {
  if (!sight.names.includes(name)) return unknownNameReason(name, sight, known)
  if (second === undefined) return undefined
  if (name === 'inputs' && !known.inputs.includes(second))
    return `there is no input "${second}"${suggest(nearestName(second, known.inputs), `add it to inputs: { ${second}: { type: string } }`)}`
  if (name === 'steps') return stepReason(second, sight, known)
  return undefined
}

function stepReason(id: string, sight: Sight, known: Known): string | undefined {
  if (sight.steps.has(id)) return undefined
  if (!known.ids.has(id))
    return `there is no step "${id}"${suggest(nearestName(id, [...sight.steps]), listSteps(sight))}`
  return `the step "${id}" is not done before this one, or is inside an each or another branch. ${listSteps(sight)}`
}

function unknownNameReason(name: string, sight: Sight, known: Known): string {
  if (IN_EACH.includes(name)) return `"${name}" is only known in the steps of an each`
  if (name === 'output') return 'write steps.ID.output: output alone is only known in undo'
  if (known.ids.has(name)) return `write steps.${name}.output instead of ${name}`
  if (known.inputs.includes(name)) return `write inputs.${name} instead of ${name}`
  return `there is no "${name}"${suggest(nearestName(name, [...sight.names]), `names begin with ${sight.names.join(', ')}`)}`
}

const suggest = (near: string | undefined, otherwise: string): string =>
  near === undefined ? `: ${otherwise}` : `: did you mean "${near}"?`

const listSteps = ({ steps }: Sight): string =>
  steps.size === 0 ? 'No step is done before it.' : `Done before it: ${[...steps].slice(-10).join(', ')}`
