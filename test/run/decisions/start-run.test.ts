import { expect, test } from 'vitest'
import { ChannelId, createConnectionId, createRunId, UserId, WorkspaceId } from '../../../src/ids.ts'
import { createRepeatRequest, createRetryRequest } from '../../../src/run/decisions/start-run.ts'
import { messagesOf } from '../../../src/run/model-turn/transcript.ts'
import { foldEvents } from '../../../src/run/state/fold.ts'
import { judged, replied, stateOf } from '../states.ts'

const origin = {
  door: 'slack' as const,
  workspace: WorkspaceId.parse('TLOCAL01'),
  user: UserId.parse('UMEMBER1'),
  userName: 'member',
  channel: ChannelId.parse('DMEMBER1'),
  threadTs: '1.1',
  messageTs: '1.1',
  place: 'dm' as const,
  teamId: 'TLOCAL01',
}
const skill = { connection: 'custom', name: 'greet', uri: 'skill://greet/SKILL.md', text: 'Hello', checked: false }
const first = {
  connection: createConnectionId(),
  does: 'get_prompt' as const,
  input: { name: 'letter', arguments: {} },
}
const started = { type: 'started' as const, origin, text: 'do it', context: [], at: '2026-11-28T00:00:00.000Z' }
const run = foldEvents(
  createRunId(),
  [{ ...started, skill, first: { ...first, call: 'first_1' }, untrusted: ['custom'] }],
  false,
)

test('what is asked for again brings along what the person chose', () => {
  expect(createRepeatRequest(run)).toMatchObject({ origin, text: 'do it', skill, first, untrusted: ['custom'] })
})

test('a skill that could not be checked says so to the model', () => {
  expect(JSON.stringify(messagesOf(run))).toContain('could not be checked')
})

test('a call asked for again still says whose unchecked words the run had read, and has its files', () => {
  const file = { id: 'F1', name: 'a.txt', mimeType: 'text/plain', size: 1 }
  const state = { ...stateOf(replied(['a']), judged('a', 'allow')), untrusted: ['wiki'], files: [file] }
  const [call] = state.calls
  if (!call) throw new Error('no call')
  const kept = { origin: state.origin, context: [], files: [file], untrusted: ['wiki'] }
  expect(createRetryRequest(state, call)).toEqual({ ...kept, text: 'Try again: a' })
})
