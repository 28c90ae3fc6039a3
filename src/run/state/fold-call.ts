import type { EventOf } from './events.ts'
import { closeInputs } from './fold-inputs.ts'
import type { ApprovalState, CallStage, CallState } from './state.ts'

/** What each event makes of the one call it is about. Pure. */
export const createRequestedCall = (
  id: string,
  name: string,
  input: CallState['arguments'],
  turn: number,
): CallState => ({
  id,
  turn,
  offeredAs: name,
  connection: undefined,
  connectionName: '',
  card: '',
  cardTitle: '',
  tool: name,
  title: name,
  arguments: input,
  schema: {},
  stage: 'requested',
  why: [],
  approval: undefined,
  inputs: [],
  rounds: 0,
  result: undefined,
  cause: undefined,
  retryable: false,
  hash: undefined,
  definition: undefined,
  repeatable: false,
})

const STAGE_OF_VERDICT = { allow: 'approved', ask: 'awaiting_approval', deny: 'denied' } as const

export function applyJudged(call: CallState, event: EventOf<'judged'>): CallState {
  const { approval } = event
  return {
    ...call,
    ...event.target,
    stage: STAGE_OF_VERDICT[event.verdict],
    cause: event.verdict === 'deny' ? event.why.join(' ') : undefined,
    why: event.why,
    hash: event.hash,
    definition: event.definition,
    repeatable: event.repeatable,
    untrusted: event.untrusted,
    approval: approval && {
      id: approval.id,
      why: event.why,
      risk: event.risk === 'destructive' ? 'destructive' : 'write',
      approvers: approval.approvers,
      fourEyes: approval.fourEyes,
      mayAlways: approval.mayAlways,
      expiresAt: new Date(approval.expiresAt),
      decided: undefined,
    },
  }
}

const CAUSE_OF_DECISION = {
  approved: undefined,
  denied: 'Denied.',
  expired: 'Nobody decided in time, so it was not done.',
  stopped: 'Denied.',
}

export function applyAnswered(call: CallState, event: EventOf<'answered'>): CallState {
  if (!call.approval || call.approval.decided) return call
  const decided: ApprovalState['decided'] = {
    decision: event.decision,
    by: event.by,
    reason: undefined,
    at: new Date(event.at),
    edited: event.arguments !== undefined,
    always: event.always ?? false,
  }
  return {
    ...call,
    stage: event.decision === 'approved' ? 'approved' : 'denied',
    arguments: event.arguments ?? call.arguments,
    hash: event.hash ?? call.hash,
    cause: CAUSE_OF_DECISION[event.decision],
    approval: { ...call.approval, decided },
  }
}

export function applyDenialExplained(call: CallState, { approval, reason }: EventOf<'denial_explained'>): CallState {
  const decided = call.approval?.id === approval ? call.approval.decided : undefined
  if (!call.approval || decided?.decision !== 'denied') return call
  return { ...call, cause: `Denied: ${reason}`, approval: { ...call.approval, decided: { ...decided, reason } } }
}

export const applyCalled = (call: CallState, event: EventOf<'called'>): CallState => ({
  ...closeInputs(call, event.at),
  stage: 'calling',
  rounds: call.rounds + 1,
})

const STAGE_OF_OUTCOME: Record<EventOf<'returned'>['outcome'], CallStage> = {
  ok: 'done',
  error: 'failed',
  failed: 'failed',
  cancelled: 'cancelled',
  unknown: 'unknown',
  refused: 'failed',
}

export function applyReturned(call: CallState, event: EventOf<'returned'>): CallState {
  const ok = event.outcome === 'ok'
  return {
    ...closeInputs(call, event.at),
    stage: STAGE_OF_OUTCOME[event.outcome],
    cause: ok ? undefined : event.summary,
    retryable: event.outcome === 'unknown' || event.passing === true,
    result: {
      summary: event.summary,
      text: event.text,
      images: event.images,
      isError: !ok,
      files: event.files,
      shown: event.shown,
      log: event.log,
      ms: event.ms,
    },
  }
}
