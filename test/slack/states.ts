import { ChannelId, InputId, newApprovalId, RunId, UserId } from '../../src/ids.ts'
import type { Origin } from '../../src/run/origin.ts'
import type { AskedOf } from '../../src/run/runs.ts'
import type { CallState, InputState, RunState } from '../../src/run/state.ts'
import type { Happening } from './fakes.ts'
import { callOf, connectionOf, WORKSPACE } from './fakes.ts'

export const ORIGIN: Origin = {
  door: 'slack',
  workspace: WORKSPACE,
  user: UserId.parse('UMEMBER1'),
  userName: 'member',
  channel: ChannelId.parse('CGENERAL1'),
  threadTs: '1795248000.000100',
  messageTs: '1795248000.000100',
  place: 'channel',
  teamId: 'TLOCAL01',
}

/** A run as it would be folded, written down. `turns` are texts, each with the calls it wished for. */
export function stateOf(
  turns: { text: string; calls?: Partial<CallState>[] }[],
  change: Partial<RunState> = {},
): RunState {
  const calls = turns.flatMap(({ calls = [] }, turn) =>
    calls.map((call, index) => callOf({ id: `toolu_${turn}_${index}`, turn, ...call })),
  )
  return {
    id: RunId.parse('0b5c2f2e-3c34-4e0e-8f6c-5a8f1f1c9a77'),
    origin: ORIGIN,
    text: 'Write hello.txt',
    context: [],
    untrusted: [],
    status: 'finished',
    turns: turns.map(({ text }, turn) => ({
      text,
      callIds: calls.filter((call) => call.turn === turn).map(({ id }) => id),
      content: [],
      stop: 'end',
    })),
    calls,
    answer: turns.at(-1)?.text ?? '',
    note: undefined,
    failure: undefined,
    stoppedBy: undefined,
    usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, costUsd: 0 },
    model: 'claude-sonnet-5-5',
    summary: undefined,
    startedAt: new Date('2026-11-21T09:58:00Z'),
    changedAt: new Date('2026-11-21T10:00:00Z'),
    recovered: false,
    files: [],
    ...change,
  }
}

const REQUESTS: Record<InputState['request']['kind'], InputState['request']> = {
  form: { kind: 'form', message: 'Whose account is it?', fields: [] },
  url: { kind: 'url', message: 'Please pay first', url: 'https://shop.xn--pypal-4ve.pay.example.com:8443/a?b=c' },
  sign_in: {
    kind: 'sign_in',
    connection: connectionOf().id,
    message: 'Its token has expired',
    scopes: ['repo', 'user'],
  },
}

/** A question in a direct message, with the call it holds up. */
export function inputOf(
  kind: InputState['request']['kind'],
  change: Partial<InputState> = {},
  origin: Partial<Origin> = {},
): AskedOf {
  const input: InputState = {
    id: InputId.parse('abcdefghijklmnopqrstuvw'),
    person: ORIGIN.user,
    request: REQUESTS[kind],
    resume: { how: 'answer', key: 'k' },
    leg: 1,
    askedAt: new Date('2026-11-21T09:00:00Z'),
    expiresAt: new Date('2026-11-22T09:00:00Z'),
    given: undefined,
    ...change,
  }
  const call = callOf({ stage: 'waiting_input', inputs: [input], legs: 1 })
  const state = stateOf([{ text: '', calls: [call] }], {
    status: 'working',
    origin: { ...ORIGIN, place: 'dm', ...origin },
  })
  return { state, call, input }
}

/** The events of a turn, an approval and a result, for runs that a test drives. */
export const replies = (
  text: string,
  ...calls: { id: string; tool: string; input?: Record<string, string> }[]
): Happening => ({
  type: 'replied',
  content: [
    { type: 'text', text },
    ...calls.map(({ id, tool, input = {} }) => ({ type: 'tool_use' as const, id, name: `filesystem__${tool}`, input })),
  ],
  stop: calls.length > 0 ? 'tools' : 'end',
  usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 },
  model: 'scripted',
  costUsd: 0,
})

export const asks = (
  call: string,
  approvers: string[],
  change: { risk?: 'write' | 'destructive'; mayAlways?: boolean } = {},
): Happening => ({
  type: 'judged',
  call,
  target: targetOf('write_file', 'Write File'),
  verdict: 'ask',
  why: ['It changes files.'],
  risk: change.risk ?? 'write',
  hash: 'h',
  definition: 'd',
  repeatable: false,
  approval: {
    id: newApprovalId(),
    approvers: approvers.map((user) => UserId.parse(user)),
    fourEyes: false,
    mayAlways: change.mayAlways ?? true,
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  },
})

export const allows = (call: string, tool: string, title: string): Happening => ({
  type: 'judged',
  call,
  target: targetOf(tool, title),
  verdict: 'allow',
  why: [],
  risk: 'read',
  hash: 'h',
  definition: 'd',
  repeatable: true,
})

const targetOf = (tool: string, title: string) => ({
  connection: connectionOf().id,
  connectionName: 'filesystem',
  card: 'filesystem',
  cardTitle: 'Filesystem',
  tool,
  title,
  schema: callOf().schema,
})

export const returns = (
  call: string,
  summary: string,
  files: { name: string; mimeType: string; data: string }[] = [],
): Happening => ({
  type: 'returned',
  call,
  outcome: 'ok',
  text: summary,
  images: [],
  files,
  summary,
  ms: 5,
})
