import { ChannelId, InputId, RunId, UserId } from '../../src/ids.ts'
import type { PendingInput } from '../../src/run/runs.ts'
import type { Origin } from '../../src/run/state/events.ts'
import type { CallState, InputState, RunState } from '../../src/run/state/state.ts'
import { callOf, connectionOf, WORKSPACE } from './samples.ts'

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
    resumed: [],
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
    corrections: [],
    usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, costUsd: 0 },
    childrenUsd: 0,
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
): PendingInput {
  const input: InputState = {
    id: InputId.parse('abcdefghijklmnopqrstuvw'),
    person: ORIGIN.user,
    request: REQUESTS[kind],
    resume: { how: 'answer', key: 'k' },
    round: 1,
    askedAt: new Date('2026-11-21T09:00:00Z'),
    expiresAt: new Date('2026-11-22T09:00:00Z'),
    given: undefined,
    ...change,
  }
  const call = callOf({ stage: 'waiting_input', inputs: [input], rounds: 1 })
  const state = stateOf([{ text: '', calls: [call] }], {
    status: 'working',
    origin: { ...ORIGIN, place: 'dm', ...origin },
  })
  return { state, call, input }
}
