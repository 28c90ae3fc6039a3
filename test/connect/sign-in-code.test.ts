import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SignInCode } from '../../src/connect/sign-in-types.ts'
import { UserId, WorkspaceId } from '../../src/ids.ts'
import { type Protected, startProtected } from '../fixtures/authorization-server.ts'
import { type ConnectHouse, startConnectHouse } from '../support/connect-house.ts'
import { rowsIn } from '../support/rows.ts'

const BY = { workspace: WorkspaceId.parse('T0000000001'), user: UserId.parse('U0000000001') }
const OTHER = { ...BY, user: UserId.parse('U0000000002') }

let server: Protected
let house: ConnectHouse
beforeAll(async () => {
  server = await startProtected()
  house = await startConnectHouse({ allow: server.hosts })
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
beforeEach(() => server.endAll())

const signal = () => AbortSignal.timeout(20_000)

/** A sign-in of a new connection as far as the code that the browser shows. */
async function cameBack(name: string): Promise<SignInCode> {
  const outcome = await house.connect.connect(BY, { card: 'custom', name, inputs: { url: server.url } }, signal())
  if (outcome.ok || outcome.signIn === undefined) throw new Error('nobody has to sign in')
  const { url } = await outcome.signIn.show({}, 'Ann')
  const page = await house.connect.openSignIn(url.split('/').at(-1) ?? '')
  if (page === undefined) throw new Error('there is no page')
  const sent = await fetch(page.url, { redirect: 'manual' })
  const params = new URL(String(sent.headers.get('location'))).searchParams
  const cookies = new Map([[page.cookie.name, page.cookie.value]])
  const answer = await house.connect.finishSignIn({ params, cookies }, signal())
  if (!('code' in answer)) throw new Error(JSON.stringify(answer))
  return answer
}

const confirm = ({ id, code }: SignInCode, by = BY) => house.connect.confirmSignIn(by, { id, code, place: {} })
const rows = (sql: string) => rowsIn(house, sql)
const age = () => rows("update patchbay.sign_in_codes set ends_at = clock_timestamp() - interval '1 second'")

test('only who asked can enter the code; nobody has the connection before', async () => {
  const came = await cameBack('asked')
  expect(await confirm(came, OTHER)).toEqual({ outcome: 'gone' })
  expect(await house.registry.connectionsOf(BY)).toEqual([])
  const answer = await confirm(came)
  if (answer.outcome === 'over') await answer.finish()
  expect((await house.registry.connectionsOf(BY)).map(({ name }) => name)).toEqual(['asked'])
  expect(await house.registry.connectionsOf(OTHER)).toEqual([])
  expect(await confirm(came)).toEqual({ outcome: 'gone' })
})

test.each<[string, (came: SignInCode) => Promise<unknown>]>([
  ['a code does not come', async () => undefined],
  ['a process dies between the code and the connection', confirm],
])('where %s, the tokens are revoked and nothing is kept', async (_when, next) => {
  const kept = house.secretsKept()
  const came = await cameBack('left')
  await next(came)
  await house.connect.dropSignIns()
  expect([server.live(), house.secretsKept()]).toEqual([1, kept + 1])
  await age()
  await house.connect.dropSignIns()
  expect([server.live(), house.secretsKept()]).toEqual([0, kept])
  expect(await rows('select * from patchbay.sign_in_codes')).toEqual([])
  expect(await confirm(came)).toEqual({ outcome: 'gone' })
})

test('a code that comes late is of no use', async () => {
  const came = await cameBack('late')
  await age()
  const answer = await confirm(came)
  if (answer.outcome === 'over') await answer.finish()
  expect([answer.outcome, server.live()]).toEqual(['over', 0])
})

test('a process that dies after everything was saved leaves the sign-in as it is', async () => {
  const came = await cameBack('saved')
  const reference = `sign-in-code/${came.id}`
  const kept = String(await house.credentials.get(reference))
  await rows('create table public.before as select * from patchbay.sign_in_codes')
  const answer = await confirm(came)
  if (answer.outcome === 'over') await answer.finish()
  await house.credentials.set(reference, kept)
  await rows('insert into patchbay.sign_in_codes select * from public.before')
  await age()
  await house.connect.dropSignIns()
  expect(server.live()).toBe(1)
  expect((await house.registry.connectionsOf(BY)).map(({ name }) => name)).toContain('saved')
  expect(await house.credentials.get(reference)).toBeUndefined()
})
