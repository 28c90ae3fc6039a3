import type { JsonMap } from '../stream.ts'
import type { OfflineTool } from '../tools.ts'
import type { Recall } from './fill-arguments.ts'

/** One tool call to make, and what to say with it. */
export type Step = { tool: OfflineTool; input: JsonMap; say: string }
/** `input` is what was really sent, which a person may have changed. */
export type Outcome = { input: JsonMap; text: string; isError: boolean }

/** What one wish came to; `halt` ends the request, the wishes after it included. */
export type PlanResult = { text: string; halt: boolean }

/** A plan yields its steps one at a time and gets each outcome back. It is replayed on every request, up to the new step. */
export type StepsOf<T> = Generator<Step, T, Outcome>
export type Plan = StepsOf<PlanResult>

export type Context = { tools: OfflineTool[]; recall: Recall; results: string[] }
