import { truncate } from '../../text.ts'
import type { UsableWorkflow } from '../../workflows/create-workflows.ts'
import { describeSteps, runsWithoutAI } from '../../workflows/definition/describe-step.ts'
import type { WorkflowDefinition } from '../../workflows/workflow.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, mentionOf, pluralize } from '../blocks/text.ts'

/** A workflow by its title, bold. */
export const workflowLabel = ({ title }: Pick<WorkflowDefinition, 'title'>): string => `*${escapeInlineMrkdwn(title)}*`

/** Who made a workflow and who may run it, as `reader` reads it. */
export function workflowOriginText({ owner, shared, version }: UsableWorkflow, reader: string): string {
  if (owner === undefined) return 'comes with this installation'
  const by = owner === reader ? 'by you' : `by ${mentionOf(owner)}`
  return `${by} · ${shared ? 'everybody here may run it' : 'yours alone'} · version ${version}`
}

/** How much it does, and whether that costs anything. */
export function workflowFactsText(body: WorkflowDefinition): string {
  const steps = describeSteps(body).length
  const inputs = Object.keys(body.inputs ?? {})
  return [
    pluralize(steps, 'step'),
    ...(inputs.length === 0 ? [] : [`asks for ${escapeMrkdwn(truncate(inputs.map(describeName).join(', '), 200))}`]),
    runsWithoutAI(body) ? 'runs without AI, so it costs nothing' : 'asks AI in some steps',
  ].join(' · ')
}

/** `file_name` → "file name" */
export const describeName = (name: string): string => name.replaceAll(/[_-]+/g, ' ')

/** Of all steps: what is longer is in the file. */
const STEPS_CHARS = 2_600

/** The steps as numbered sentences, those in others below them, in one section's text. */
export function workflowStepsText(definition: Pick<WorkflowDefinition, 'steps'>): string {
  const counts: number[] = []
  const lines = describeSteps(definition).map(({ depth, text }) => {
    counts.length = depth + 1
    counts[depth] = (counts[depth] ?? 0) + 1
    const indent = '\u2003'.repeat(depth)
    return `${indent}${counts.join('.')}. ${escapeMrkdwn(text.replaceAll(/\s+/g, ' '))}`
  })
  return limitLines(lines, STEPS_CHARS)
}

/** As many lines as fit, and how many more there are. */
export function limitLines(lines: string[], most: number): string {
  let length = 0
  const shown = lines.filter((line) => {
    length += line.length + 1
    return length <= most
  })
  const rest = lines.length - shown.length
  return [...shown, ...(rest > 0 ? [`_and ${rest} more_`] : [])].join('\n')
}
