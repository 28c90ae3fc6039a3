import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, it } from 'vitest'
import { pendingSecretsReferenceFor } from '../../src/connect/connections/prepare-sign-in.ts'
import { submissionReferenceOf } from '../../src/connect/connections/submissions.ts'
import { removeKeptSignIn } from '../../src/connect/sign-in/sign-in-code.ts'
import { openLocalStore } from '../../src/credentials/local.ts'
import { openMountedFiles } from '../../src/credentials/mounted-files.ts'
import { checkCredentials, moveCredentials } from '../../src/credentials/move-credentials.ts'
import { type CredentialReference, credentialReferencesIn } from '../../src/credentials/references.ts'
import { credentialReferenceOf } from '../../src/credentials/secrets.ts'
import type { CredentialStore } from '../../src/credentials/store.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { AppError } from '../../src/errors.ts'
import { ConnectionId, SignInId, UserId, WorkspaceId } from '../../src/ids.ts'
import { removeIdentity } from '../../src/mcp/auth/enterprise/identity.ts'
import { removeStoredTokens } from '../../src/mcp/auth/tokens/stored-tokens.ts'
import { createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'
import { ROOT } from '../support/paths.ts'

const home = await mkdtemp(join(tmpdir(), 'patchbay-move-'))
const resources = new AsyncDisposableStack()
afterAll(async () => {
  await resources.disposeAsync()
  await rm(home, { recursive: true, force: true })
})

const referenceOf = (reference: string, required = true): CredentialReference => ({
  reference,
  required,
  workspace: 'T111',
  owner: 'U111',
  connection: reference,
})

function createMemoryStore(): CredentialStore & { kept: Map<string, string>; sets: number } {
  const kept = new Map<string, string>()
  const store = {
    kept,
    sets: 0,
    get: async (ref: string) => kept.get(ref),
    set: async (ref: string, secret: string) => {
      store.sets++
      kept.set(ref, secret)
    },
    remove: async (ref: string) => void kept.delete(ref),
  }
  return store
}

const away = () => Promise.reject(new AppError('credential_store_failed', 'It is away.', { cause: new Error('503') }))

it('copies all, and after a crash or a change only what differs', async () => {
  const [from, to] = [createMemoryStore(), createMemoryStore()]
  const all = ['a', 'b', 'c', 'd'].map((ref) => referenceOf(ref))
  for (const { reference } of all) from.kept.set(reference, `secret ${reference}`)
  const failing = { ...to, set: (ref: string, secret: string) => (ref === 'c' ? away() : to.set(ref, secret)) }
  const first = await moveCredentials(from, failing, all)
  expect(first).toMatchObject({ moved: 3, same: 0, problems: [{ reference: 'c', why: 'It is away. (503)' }] })
  from.kept.set('a', 'changed')
  from.kept.delete('d')
  const second = await moveCredentials(from, to, all)
  expect(second).toMatchObject({ moved: 2, same: 1, problems: [{ reference: 'd', why: 'It is gone.' }] })
  expect(Object.fromEntries(to.kept)).toEqual({ a: 'changed', b: 'secret b', c: 'secret c' })
  const { sets } = to
  expect(await moveCredentials(from, to, all.slice(0, 3))).toEqual({ moved: 0, same: 3, problems: [] })
  expect(to.sets).toBe(sets)
})

it('does not call copied what the other store does not give back', async () => {
  const from = createMemoryStore()
  from.kept.set('a', 'x')
  const forgetful = { ...createMemoryStore(), set: async () => undefined }
  const report = await moveCredentials(from, forgetful, [referenceOf('a')])
  expect(report).toMatchObject({ moved: 0, problems: [{ why: expect.stringContaining('something else') }] })
})

it('says once that a store is away', async () => {
  const store = { ...createMemoryStore(), get: away }
  await expect(checkCredentials(store, [referenceOf('a')])).rejects.toThrow('It is away.')
})

/** A database in which each table that leads to a secret has one row, and a local store. */
async function startSavedCredentials() {
  const database = resources.use(await createTestDatabase())
  const [id, other, form, entry, code] = Array.from({ length: 5 }, () => randomUUID())
  await query(
    database.url,
    `insert into workspaces (workspace_id) values ('T111');
    insert into mcp_connections (id, workspace_id, user_id, connection_name, mcp_type, connection_config, credential_reference)
      values ('${id}', 'T111', 'U111', 'github', 'github', '{}', 'connection/${id}'), ('${other}', 'T111', 'U222', 'wiki', 'wiki', '{}', null);
    insert into installations (workspace_id, name, enterprise, bot_id, bot_user_id, installed_by, credential_reference)
      values ('T111', 'Acme', false, 'B1', 'U9', 'U111', 'slack/T111/x');
    insert into sign_ins (state_hash, workspace_id, user_id, connection_id, details, expires_at) values ('hash', 'T111', 'U222', '${other}', '{}', now());
    insert into sign_in_codes (id, workspace_id, user_id, connection_id, details, code_hash, ends_at)
      values ('${code}', 'T111', 'U222', '${other}', '{}', 'h', now());
    insert into connect_submissions (submission_id, workspace_id, user_id, view_id, view_hash, details, lease_until)
      values ('${form}', 'T111', 'U222', 'V', 'h', '{}', now());
    insert into secret_entries (id, token_hash, workspace_id, user_id, details, expires_at)
      values ('${entry}', 'h', 'T111', 'U222', '{}', now())`,
  )
  const dataDir = await mkdtemp(join(home, 'data-'))
  const local = await openLocalStore({ folder: join(dataDir, 'credentials'), key: undefined })
  return { url: database.url, dataDir, local, id, other, form, entry, code }
}

it('knows every reference that the app saves under, and writes it down', async () => {
  const saved = await startSavedCredentials()
  const db = resources.use(connectPostgres(saved.url, memoryLog().log))
  const found = (await credentialReferencesIn(db, 'credentials_checked')).map((one) => one.reference)
  const used: string[] = []
  const store = { ...createMemoryStore(), remove: async (ref: string) => void used.push(ref) }
  const [workspace, first, second] = [WorkspaceId.parse('T111'), UserId.parse('U111'), UserId.parse('U222')]
  const [id, other] = [ConnectionId.parse(saved.id), ConnectionId.parse(saved.other)]
  for (const one of [id, other]) await removeStoredTokens(store, one)
  for (const user of [first, second]) await removeIdentity(store, { workspace, user })
  await removeKeptSignIn(store, SignInId.parse(saved.code))
  const form = submissionReferenceOf({ id: ConnectionId.parse(saved.form) })
  used.push(credentialReferenceOf(id), pendingSecretsReferenceFor('hash'), form, 'slack/T111/x')
  expect(found.toSorted()).toEqual([...used, `secret-entry/${saved.entry}`].toSorted())
  const rows = await query(saved.url, `select action, details from audit_events where action like 'credentials%'`)
  expect(rows).toEqual([{ action: 'credentials_checked', details: { credentials: found.length } }])
})

async function runCommand(environment: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'credentials.ts'), ...args], {
    cwd: home,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, said: out + err }
}

it('checks, moves and rotates from the command line, and never shows a secret', async () => {
  const { url, dataDir, local, id } = await startSavedCredentials()
  const environment = { DATABASE_URL: url, DATA_DIR: dataDir }
  await local.set(`connection/${id}`, '{"token":"hunter2"}')
  const checked = await runCommand(environment, 'check')
  expect(checked.said).toContain('Opened 1 saved credential in an encrypted folder')
  expect(checked.said).toContain('1 saved credential cannot be opened:\n  T111, the app or the workspace: It is gone.')
  expect(checked.code).toBe(1)
  await local.set('slack/T111/x', 'xoxb-hunter2')
  const rotated = await runCommand(environment, 'rotate')
  expect(rotated).toMatchObject({
    code: 0,
    said: expect.stringContaining('Sealed 2 saved credentials with the new key.'),
  })
  const folder = join(dataDir, 'mounted')
  await mkdir(folder)
  const moved = await runCommand({ ...environment, CREDENTIALS_FOLDER: folder }, 'move', '--to', 'files')
  expect(moved).toMatchObject({ code: 0, said: expect.stringContaining('set CREDENTIAL_STORE=files and start') })
  expect(await readFile(join(folder, `connection.${id}`), 'utf8')).toBe('{"token":"hunter2"}')
  expect(await (await openMountedFiles(folder)).store.get('slack/T111/x')).toBe('xoxb-hunter2')
  const unknown = await runCommand(environment, 'remove')
  expect(unknown).toMatchObject({ code: 1, said: expect.stringContaining('-- rotate') })
  for (const { said } of [checked, rotated, moved]) expect(said).not.toContain('hunter2')
})
