import type { JsonMap } from '../api/stream.ts'
import type { OfflineTool } from '../api/tools.ts'
import type { RecallFunction } from './fill-arguments.ts'

/** One tool call to make, and what to say with it. */
export type PlannedStep = { tool: OfflineTool; input: JsonMap; say: string }
/** `input` is what was really sent, which a person may have changed. */
export type Outcome = { input: JsonMap; text: string; isError: boolean }

/** What one request came to; `halt` leaves out those after it in the same message. */
export type PlanResult = { text: string; halt: boolean }

/** A plan yields its steps one at a time and gets each outcome back. It is replayed on every request, up to the new step. */
export type StepsOf<T> = Generator<PlannedStep, T, Outcome>
export type Plan = StepsOf<PlanResult>

/** What a request can draw on; `calls` grows with each step, the conversation's earlier ones included. */
export type RequestState = { tools: OfflineTool[]; recall: RecallFunction; calls: { name: string; text: string }[] }
