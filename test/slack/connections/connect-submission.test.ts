import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConnectSubmissionDetails } from '../../../src/connect/connect-types.ts'
import { createSubmissions } from '../../../src/connect/connections/submissions.ts'
import { openLocalStore } from '../../../src/credentials/local.ts'
import { connectPostgres } from '../../../src/db/postgres.ts'
import { createConnectionId, UserId, WorkspaceId } from '../../../src/ids.ts'
import { createConnectSubmissions } from '../../../src/registry/connect-submissions.ts'
import { query } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/log.ts'
import { startSecretServer } from '../../support/secret-server.ts'
import { startWorld, type World } from '../../support/world.ts'

const Modal = z.object({ id: z.string(), hash: z.string() })
const SECRET = 'Bearer typed-secret-7f3a'

/** Leaves a submitted form behind as an instance does that dies while it connects. */
async function leaveBehind(
  world: World,
  form: { view: z.infer<typeof Modal>; inputs: Record<string, string>; tries: number },
) {
  const { log } = memoryLog()
  await using db = connectPostgres(world.databaseUrl, log)
  const credentials = await openLocalStore({ folder: join(world.dataDir, 'credentials'), key: undefined })
  const submissions = createSubmissions({
    submissions: createConnectSubmissions(db, ConnectSubmissionDetails),
    credentials,
    log,
  })
  const [who] = await query(world.databaseUrl, 'select workspace_id, user_id from mcp_connections')
  const by = { workspace: WorkspaceId.parse(who?.workspace_id), user: UserId.parse(who?.user_id) }
  const details = { card: 'custom', name: 'left', channel: undefined, reconnects: undefined }
  const row = { id: createConnectionId(), by, view: form.view, details, inputs: form.inputs }
  const again = { ...row, id: createConnectionId() }
  const shownAgain = { ...again, view: { ...form.view, hash: 'shown-again' } }
  const saved = [await submissions.save(row), await submissions.save(again), await submissions.save(shownAgain)]
  await submissions.end(shownAgain)
  const expired = `update connect_submissions set lease_until = now() - interval '1 second', tries = ${form.tries}`
  await query(world.databaseUrl, expired)
  return saved
}

const submissionsIn = (world: World) => query(world.databaseUrl, 'select * from connect_submissions')
const secretsIn = (world: World) => readdirSync(join(world.dataDir, 'credentials')).length

test.for([
  { what: 'works', typed: SECRET, tries: 1, shown: 'Connected!', connections: 2 },
  { what: 'is refused', typed: 'wrong', tries: 1, shown: 'refused', connections: 1 },
  { what: 'was interrupted each time', typed: SECRET, tries: 3, shown: 'I was interrupted', connections: 1 },
])('a form whose instance died is finished by another, and told: it $what', async (form) => {
  await using server = await startSecretServer(SECRET)
  await using world = await startWorld({ change: (settings) => ({ ...settings, egressAllow: [server.host] }) })
  const member = world.as('member')
  const before = secretsIn(world)
  await member.connect('filesystem')
  await member.command('connect custom')
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  const view = Modal.parse(await member.modal())
  const inputs = { url: server.url, value: form.typed }
  expect(await leaveBehind(world, { view, inputs, tries: form.tries })).toEqual([true, false, true])
  expect(JSON.stringify(await submissionsIn(world))).not.toContain(form.typed)
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain(form.shown), 60_000)
  await eventually(async () => expect(await submissionsIn(world)).toEqual([]))
  expect(await query(world.databaseUrl, 'select 1 from mcp_connections')).toHaveLength(form.connections)
  await eventually(async () => expect(secretsIn(world)).toBe(before + form.connections - 1))
})
