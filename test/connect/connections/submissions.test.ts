import { expect, test } from 'vitest'
import type { ConnectSubmission } from '../../../src/connect/connect-types.ts'
import { createSubmissions } from '../../../src/connect/connections/submissions.ts'
import { AppError } from '../../../src/errors.ts'
import { createConnectionId, UserId, WorkspaceId } from '../../../src/ids.ts'
import { startConnectHouse } from '../../support/connect-house.ts'
import { memoryLog } from '../../support/log.ts'

const BY = { workspace: WorkspaceId.parse('T0000000001'), user: UserId.parse('U0000000001') }
const VIEW = { id: 'V0000000001', hash: '1.a' }

const submitted = (): ConnectSubmission => ({
  id: createConnectionId(),
  by: BY,
  view: VIEW,
  details: { card: 'custom', name: 'mine' },
  inputs: { value: 'Bearer typed-7f3a' },
})

/** One form in the hands of an instance that died, with how often it was tried and what reading its secrets gives. */
async function claimLeftForm(form: { tries: number; stored(): Promise<string | undefined> }) {
  const row = { ...submitted(), tries: form.tries }
  const submissions = createSubmissions({
    submissions: {
      save: async () => undefined,
      claim: async () => [row],
      delete: async () => undefined,
      forget: async () => [],
    },
    credentials: { get: form.stored, set: async () => undefined, remove: async () => undefined },
    log: memoryLog().log,
  })
  return (await submissions.claim()).map(({ lost, inputs }) => ({ lost, inputs }))
}

const typed = { value: 'Bearer typed-7f3a' }
const down = async () => {
  throw new AppError('credential_store_failed', 'The store is out of reach')
}

test.for([
  {
    what: 'is connected',
    tries: 2,
    stored: async () => JSON.stringify(typed),
    claimed: [{ lost: false, inputs: typed }],
  },
  {
    what: 'is given up after three tries',
    tries: 4,
    stored: async () => JSON.stringify(typed),
    claimed: [{ lost: true, inputs: typed }],
  },
  {
    what: 'is over without what was typed',
    tries: 2,
    stored: async () => undefined,
    claimed: [],
  },
  { what: 'waits while the store is out of reach', tries: 2, stored: down, claimed: [] },
  { what: 'does not wait for ever', tries: 4, stored: down, claimed: [{ lost: true, inputs: {} }] },
])('a form whose instance died $what', async ({ tries, stored, claimed }) => {
  expect(await claimLeftForm({ tries, stored })).toEqual(claimed)
})

test('a submitted form holds nothing in the clear, counts once, and is forgotten with its workspace', async () => {
  await using house = await startConnectHouse()
  const { submissions } = house.connect
  expect(await submissions.save(submitted())).toBe(true)
  expect(await submissions.save(submitted()), 'the same form once more').toBe(false)
  expect(await submissions.save({ ...submitted(), view: { ...VIEW, hash: '2.b' } }), 'the form shown again').toBe(true)
  expect(house.secretsKept()).toBe(2)
  const corrected = { ...submitted(), inputs: { value: 'Bearer corrected-7f3a' } }
  expect(await submissions.save(corrected), 'other words in the same form').toBe(true)
  expect(house.secretsKept()).toBe(3)
  expect(await house.everythingInTheDatabase()).not.toContain('typed-7f3a')
  await house.connect.forgetAll(BY)
  expect(house.secretsKept()).toBe(0)
  expect(await house.everythingInTheDatabase()).not.toContain(VIEW.id)
})
