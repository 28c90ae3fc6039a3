import { type ApprovalId, createApprovalId, createConnectionId, createRunId, UserId } from '../../src/ids.ts'
import { type EventOf, Origin, type RunEvent } from '../../src/run/state/events.ts'
import { foldEvents } from '../../src/run/state/fold.ts'
import type { RunState } from '../../src/run/state/state.ts'

/** Events and states of runs, as tests of run/ need them. */
export const at = '2026-11-21T10:00:00.000Z'
export const ada = UserId.parse('UADA')
export const approval: ApprovalId = createApprovalId()
const connection = createConnectionId()
export const origin = Origin.parse({
  door: 'slack',
  workspace: 'T111',
  user: 'UADA',
  userName: 'Ada',
  channel: 'C111',
  threadTs: '1',
  messageTs: '1',
  place: 'channel',
  teamId: 'T111',
})

export const started: EventOf<'started'> = { type: 'started', origin, text: 'do it', context: [], at }

/** A turn of the model that requests these tools of the connection "files". */
export const replied = (
  calls: string[],
  text = 'ok',
  change: Partial<EventOf<'replied'>> = {},
): EventOf<'replied'> => ({
  type: 'replied',
  content: [
    { type: 'text', text },
    ...calls.map((id) => ({ type: 'tool_use' as const, id, name: `files__${id}`, input: { path: 'a' } })),
  ],
  stop: calls.length > 0 ? 'tools' : 'end',
  usage: { input: 10, output: 1, cacheRead: 0, cacheWrite: 0 },
  model: 'm',
  costUsd: 0.01,
  at,
  ...change,
})

export const judged = (
  call: string,
  verdict: EventOf<'judged'>['verdict'],
  change: Partial<EventOf<'judged'>> = {},
): EventOf<'judged'> => ({
  type: 'judged',
  call,
  target: {
    connection,
    connectionName: 'files',
    card: 'filesystem',
    cardTitle: 'Files',
    tool: call,
    title: call,
    schema: {},
  },
  verdict,
  why: ['because'],
  risk: 'write',
  hash: 'h',
  definition: 'd',
  repeatable: false,
  at,
  ...(verdict === 'ask' && {
    approval: {
      id: approval,
      approvers: [ada],
      fourEyes: false,
      mayAlways: true,
      reach: { place: 'dm', arguments: [] },
      expiresAt: at,
    },
  }),
  ...change,
})

export const stateOf = (...events: RunEvent[]): RunState => foldEvents(createRunId(), [started, ...events], false)

export const called = (call: string): RunEvent => ({ type: 'called', call, at })
