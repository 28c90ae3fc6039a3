import { expect, test } from 'vitest'
import { UserId } from '../../../src/ids.ts'
import { isPrivate } from '../../../src/run/calls/flow-of-call.ts'

const by = UserId.parse('UOWNER01')
const shared = { people: [], level: 'reads' as const, by, fromFile: false }

test.each([
  ['without key and sign-in', {}, false],
  ['with a key', { credential: 'connection/1' }, true],
  ['with a sign-in alone', { signsIn: true }, true],
  [
    'of the workspace, for everybody',
    { credential: 'connection/1', shared: { ...shared, audience: 'everybody' as const } },
    false,
  ],
  [
    'of the workspace, for its approvers',
    { signsIn: true, shared: { ...shared, audience: 'approvers' as const } },
    true,
  ],
])('a connection %s: is what it reads private?', (_, connection, expected) => {
  expect(isPrivate({ credential: undefined, signsIn: false, shared: undefined, ...connection })).toBe(expected)
})
