import { z } from 'zod'

const Text = z.object({ type: z.literal('text'), text: z.string() })
const ToolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: z.record(z.string(), z.json()),
})
/** Images, thinking and whatever else may come: nothing here reads it. */
const Other = z.looseObject({ type: z.string() }).transform(({ type }) => ({ type: 'other' as const, kind: type }))
const ToolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(z.union([Text, Other]))]).default(''),
  is_error: z.boolean().default(false),
})
const Content = z.union([z.string(), z.array(z.union([Text, ToolUse, ToolResult, Other]))])

/** The part of a Messages API request that the offline model reads: https://platform.claude.com/docs/en/api/messages */
export const MessagesRequest = z.object({
  model: z.string(),
  max_tokens: z.number().int().positive(),
  stream: z.boolean().default(false),
  system: z.union([z.string(), z.array(Text)]).default(''),
  messages: z.array(z.object({ role: z.enum(['user', 'assistant']), content: Content })).min(1),
  tools: z
    .array(
      z.object({
        name: z.string(),
        description: z.string().default(''),
        input_schema: z.record(z.string(), z.json()),
      }),
    )
    .default([]),
})
export type MessagesRequest = z.infer<typeof MessagesRequest>
export type RequestedTool = MessagesRequest['tools'][number]
