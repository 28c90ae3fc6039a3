import { z } from 'zod'
import { keywordsIn, stemsOf } from '../text/words.ts'
import type { RequestedTool } from './request.ts'
import type { JsonMap } from './stream.ts'

const Property = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  enum: z.array(z.json()).optional(),
  items: z.looseObject({ type: z.string().optional() }).optional().catch(undefined),
})
const Schema = z.looseObject({
  properties: z.record(z.string(), Property.catch({})).default({}),
  required: z.array(z.string()).default([]),
})

export type ToolInput = { name: string; type: string; required: boolean; choices: string[]; description: string }

/** A tool on offer, read for matching. `connection` is what stands before the two underscores. */
export type OfflineTool = {
  fullName: string
  connection: string
  name: string
  description: string
  nameStems: string[]
  connectionStems: string[]
  descriptionStems: string[]
  deprecated: boolean
  inputs: ToolInput[]
}

/** Only the start of a description says what a tool does; the rest is advice that mentions every other tool. */
const DESCRIPTION_MAX = 160

export function readTool(tool: RequestedTool): OfflineTool {
  const at = tool.name.indexOf('__')
  const connection = at > 0 ? tool.name.slice(0, at) : ''
  const name = at > 0 ? tool.name.slice(at + 2) : tool.name
  return {
    fullName: tool.name,
    connection,
    name,
    description: tool.description,
    nameStems: stemsOf(name),
    connectionStems: stemsOf(connection),
    descriptionStems: keywordsIn(tool.description.slice(0, DESCRIPTION_MAX)),
    deprecated: /\bdeprecated\b/i.test(tool.description),
    inputs: inputsOf(tool.input_schema),
  }
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
    description: property.description ?? '',
  }))
}

export function inputNamedIn(tool: OfflineTool, name: RegExp): ToolInput | undefined {
  return tool.inputs.find((input) => name.test(input.name))
}
