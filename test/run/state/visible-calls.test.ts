import { expect, test } from 'vitest'
import { UserId, WorkspaceId } from '../../../src/ids.ts'
import { visibilityOf } from '../../../src/run/state/visibility.ts'
import { approvalOf, WORKSPACE } from '../../slack/samples.ts'
import { ORIGIN, stateOf } from '../../slack/states.ts'

const [approver, former, owner] = ['UAPPROVE1', 'UFORMER1', 'UOWNER01'].map((id) => UserId.parse(id))
if (!approver || !former || !owner) throw new Error('no people')
const at = new Date('2026-11-21T09:00:00Z')
const decided = { decision: 'approved' as const, by: former, reason: undefined, at, edited: false }
const state = stateOf([
  {
    text: '',
    calls: [
      { id: 'free' },
      { id: 'asked', approval: approvalOf({ approvers: [approver] }) },
      { id: 'decided', approval: approvalOf({ approvers: [approver], decided }) },
    ],
  },
])

test.each([
  ['who asked sees all', ORIGIN.user, WORKSPACE, { whole: true, calls: ['free', 'asked', 'decided'] }],
  ['an approver sees what they were asked', approver, WORKSPACE, { whole: false, calls: ['asked', 'decided'] }],
  ['who decided sees that, asked or not', former, WORKSPACE, { whole: false, calls: ['decided'] }],
  ['anybody else sees nothing, in a channel too', owner, WORKSPACE, undefined],
  ['nor does the same id in another workspace', ORIGIN.user, WorkspaceId.parse('TOTHER1'), undefined],
])('%s', (_name, user, workspace, seen) => {
  const sight = visibilityOf(state, { workspace, user })
  expect(sight && { whole: sight.whole, calls: sight.calls.map(({ id }) => id) }).toEqual(seen)
})
