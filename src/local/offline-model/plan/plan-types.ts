import { z } from 'zod'
import type { RequestedTool } from '../api/request.ts'
import type { JsonMap } from '../api/stream.ts'

const Property = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.json()).optional(),
})
const Schema = z.looseObject({
  properties: z.record(z.string(), Property.catch({})).default({}),
  required: z.array(z.string()).default([]),
})

export type ToolInput = { name: string; type: string; required: boolean; choices: string[] }

/** A tool on offer; `connection` is what stands before the two underscores. */
export type OfflineTool = {
  fullName: string
  connection: string
  name: string
  description: string
  inputs: ToolInput[]
}

export function readTool({ name: fullName, description, input_schema }: RequestedTool): OfflineTool {
  const at = fullName.indexOf('__')
  const connection = at > 0 ? fullName.slice(0, at) : ''
  const name = at > 0 ? fullName.slice(at + 2) : fullName
  return { fullName, connection, name, description, inputs: inputsOf(input_schema) }
}

function inputsOf(schema: JsonMap): ToolInput[] {
  const parsed = Schema.safeParse(schema)
  if (!parsed.success) return []
  const { properties, required } = parsed.data
  return Object.entries(properties).map(([name, property]) => ({
    name,
    type: (Array.isArray(property.type) ? property.type[0] : property.type) ?? 'string',
    required: required.includes(name),
    choices: (property.enum ?? []).filter((choice) => typeof choice === 'string'),
  }))
}

export function inputNamedIn(tool: OfflineTool, name: RegExp): ToolInput | undefined {
  return tool.inputs.find((input) => name.test(input.name))
}

/** One tool call to make, and what to say with it; `together` are the inputs of further calls of the same tool, made at once. */
export type PlannedStep = { tool: OfflineTool; input: JsonMap; together?: JsonMap[]; say: string }
/** `input` is what was really sent, which a person may have changed; `others` came of the calls made at once with it. */
export type Outcome = { input: JsonMap; text: string; isError: boolean; others?: Outcome[] }

/**
 * What one request came to; `halt` leaves out those after it in the same message. `written` has the rows in it: the app shows those of the
 * last request as a table, and no others.
 */
export type PlanResult = { text: string; halt: boolean; written?: string }

/** A plan yields its steps one at a time and gets each outcome back. It is replayed on every request, up to the new step. */
export type StepsOf<T> = Generator<PlannedStep, T, Outcome>
export type Plan = StepsOf<PlanResult>

/** `lastPath` is the file that "it" means; `calls` grows with each step, the conversation's earlier ones included. */
export type RequestState = {
  tools: OfflineTool[]
  lastPath: string | undefined
  calls: { name: string; text: string }[]
}
