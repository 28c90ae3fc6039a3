import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Db } from '../../src/db/call.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import {
  type ApprovalId,
  ChannelId,
  createApprovalId,
  createConnectionId,
  createRunId,
  InputId,
  UserId,
  WorkspaceId,
} from '../../src/ids.ts'
import { approversFor } from '../../src/policy/decide.ts'
import type { Risk } from '../../src/policy/risk.ts'
import { createRules } from '../../src/policy/rules.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { createResourceSubscriptions } from '../../src/registry/resource-subscriptions.ts'
import { createRunStore } from '../../src/run/storage/run-store.ts'
import { createTestDatabase } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'

const resources = new AsyncDisposableStack()
const calls: string[] = []
let db: Db
let client: Client
beforeAll(async () => {
  const database = resources.use(await createTestDatabase())
  client = new Client({ connectionString: database.url })
  await client.connect()
  resources.defer(() => client.end())
  const inner = resources.use(connectPostgres(database.url, memoryLog().log))
  db = {
    ...inner,
    call: (fn, args, shape) => {
      calls.push(fn)
      return inner.call(fn, args, shape)
    },
  }
})
afterAll(() => resources.disposeAsync())

const HERE = WorkspaceId.parse('THERE')
const ELSEWHERE = WorkspaceId.parse('TELSEWHERE')
const users = ['UONE', 'UTWO', 'UTHREE'].map((user) => UserId.parse(user))
const [one = UserId.parse('UONE'), two = one, three = one] = users
const at = '2026-11-28T12:00:00.000Z'

const started = {
  type: 'started',
  origin: {
    door: 'slack',
    place: 'dm',
    workspace: HERE,
    user: one,
    userName: 'One',
    teamId: HERE,
    channel: 'DONE',
    threadTs: '1.0',
    messageTs: '1.0',
  },
  text: 'do it',
  context: [],
  at,
}
const wish = {
  type: 'replied',
  content: [{ type: 'tool_use', id: 'c', name: 't', input: {} }],
  stop: 'tools',
  usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  model: 'm',
  costUsd: 0,
  at,
}
const judgedAs = (approval: ApprovalId, risk: Risk, fourEyes: boolean, needed?: number) => ({
  type: 'judged',
  call: 'c',
  target: {
    connection: createConnectionId(),
    connectionName: 'n',
    card: 'c',
    cardTitle: 'C',
    tool: 't',
    title: 't',
    schema: {},
  },
  verdict: 'ask',
  why: [],
  risk,
  hash: 'h',
  definition: 'd',
  repeatable: false,
  approval: { id: approval, approvers: [], fourEyes, needed, mayAlways: true, expiresAt: '2999-01-01T00:00:00.000Z' },
  at,
})

/** A run that waits for a decision; its run and approval. */
async function waiting(o: {
  risk: Risk
  fourEyes: boolean
  requester: UserId
  workspace: WorkspaceId
  needed?: number
  shows?: boolean
}) {
  const approval = createApprovalId()
  const id = createRunId()
  const judged = judgedAs(approval, o.risk, o.fourEyes, o.needed)
  const reach = o.shows && { place: 'C1', arguments: [], shows: true }
  const events = [started, wish, { ...judged, approval: { ...judged.approval, ...(reach && { reach }) } }]
  const run = {
    id,
    workspace: o.workspace,
    user: o.requester,
    conversation: id,
    dedupe_key: id,
    events,
    instance: null,
    lease_ms: 1,
  }
  await db.call('run_start', run, z.unknown())
  return { run: id, approval }
}

test('the database and decide() agree on who may decide', async () => {
  const rules = createRules(db)
  const store = createRunStore(db, 'one', memoryLog().log)
  const workspace = WorkspaceId.parse('TAGREE')
  const asked = []
  for (const risk of ['write', 'destructive'] as const)
    for (const fourEyes of [false, true])
      for (const requester of [one, two]) {
        const { run } = await waiting({ risk, fourEyes, requester, workspace })
        asked.push({ run, risk, fourEyes, requester })
      }
  for (const approvers of [[], [one], [two], [one, three]]) {
    await rules.setApprovers(workspace, one, approvers)
    for (const user of users) {
      const mine = (await store.pending({ workspace, user })).map(({ state }) => state.id)
      const expected = asked.filter((o) => approversFor({ ...o, approvers }).includes(user)).map(({ run }) => run)
      expect(mine.toSorted(), `${user} with ${approvers.join()}`).toEqual(expected.toSorted())
    }
  }
})

test('whether others may see what is read with somebody’s own access is theirs alone to decide', async () => {
  const workspace = WorkspaceId.parse('TSHOWS')
  const { run } = await waiting({ risk: 'write', fourEyes: false, requester: one, workspace, shows: true })
  await createRules(db).setApprovers(workspace, one, [two])
  const store = createRunStore(db, 'one', memoryLog().log)
  expect((await store.pending({ workspace, user: one })).map(({ state }) => state.id)).toEqual([run])
  expect(await store.pending({ workspace, user: two })).toEqual([])
})

test('what a person may decide is found behind any number of others’, in one call', async () => {
  const workspace = WorkspaceId.parse('TMANY')
  for (let n = 0; n < 45; n++) await waiting({ risk: 'write', fourEyes: false, requester: two, workspace })
  const { run } = await waiting({ risk: 'write', fourEyes: false, requester: one, workspace })
  calls.length = 0
  const mine = await createRunStore(db, 'one', memoryLog().log).pending({ workspace, user: one })
  expect(mine).toMatchObject([{ call: 'c', state: { id: run, calls: [{ id: 'c', stage: 'awaiting_approval' }] } }])
  expect(calls).toEqual(['approvals_pending'])
})

test('an id of another workspace finds nothing and changes nothing', async () => {
  const [store, registry, watches] = [
    createRunStore(db, 'one', memoryLog().log),
    createRegistry(db),
    createResourceSubscriptions(db),
  ]
  const owner = { workspace: HERE, user: one }
  const stranger = { workspace: ELSEWHERE, user: one }
  const { run, approval } = await waiting({ risk: 'write', fourEyes: false, requester: one, workspace: HERE })
  const given = {
    ...owner,
    id: createConnectionId(),
    name: 'mine',
    card: 'c',
    inputs: {},
    credential: undefined,
    tools: [],
    era: {},
  }
  const connection = await registry.add(given, 5)
  const place = { uri: 'file:///a', name: 'a', channel: ChannelId.parse('DONE'), threadTs: '1.0' }
  const watch = await watches.add({ ...owner, connection: connection.id, ...place }, 5)
  expect(await store.state(run, ELSEWHERE)).toBeNull()
  expect(await store.approval(approval, ELSEWHERE)).toBeNull()
  expect(await registry.get(connection.id, ELSEWHERE)).toBeUndefined()
  expect(await watches.get(stranger, watch.id)).toBeUndefined()
  await expect(watches.add({ ...watch, ...stranger }, 5)).rejects.toMatchObject({ code: 'not_found' })
  await registry.setStatus({ id: connection.id, workspace: ELSEWHERE }, 'failing', 'forged')
  await expect(registry.replace({ ...connection, ...stranger }, given)).rejects.toMatchObject({ code: 'not_found' })
  const event = { type: 'answered' as const, call: 'c', approval, decision: 'approved' as const, by: one, at }
  const settled = { approval, status: 'approved' as const, event }
  expect(await store.settle({ ...settled, by: stranger })).toEqual({ kind: 'gone' })
  expect((await store.stop(run, ELSEWHERE, { type: 'stopped', by: one, at })).kind).toBe('over')

  expect(await registry.get(connection.id, HERE)).toMatchObject({ status: 'connected' })
  expect(await watches.get(owner, watch.id)).toEqual(watch)
  expect(await store.state(run, HERE)).toMatchObject({ id: run })
  expect(await store.settle({ ...settled, by: owner })).toMatchObject({ kind: 'settled' })
  expect((await store.stop(run, HERE, { type: 'stopped', by: one, at })).kind).toBe('stopped')
})

test('a question of another workspace is not found', async () => {
  const store = createRunStore(db, 'one', memoryLog().log)
  const input = InputId.parse(createApprovalId())
  const asked = {
    type: 'asked_input',
    call: 'c',
    input,
    person: one,
    request: { kind: 'url', message: 'm', url: 'https://example.com', id: 'e' },
    resume: { how: 'live' },
    expiresAt: '2999-01-01T00:00:00.000Z',
    at,
  }
  const run = createRunId()
  const row = {
    id: run,
    workspace: HERE,
    user: one,
    conversation: run,
    dedupe_key: run,
    events: [started, wish, asked],
    instance: null,
    lease_ms: 1,
  }
  await db.call('run_start', row, z.unknown())
  const event = { type: 'given_input' as const, call: 'c', input, action: 'decline' as const, by: one, at }
  expect(await store.input(input, ELSEWHERE)).toBeNull()
  expect(await store.give({ run, workspace: ELSEWHERE, input, by: one, event })).toEqual({ kind: 'gone' })
  expect(await store.give({ run, workspace: HERE, input, by: one, event })).toMatchObject({ kind: 'settled' })
})

test('a run is read only by who has its fence', async () => {
  const store = createRunStore(db, 'one', memoryLog().log)
  const { run } = await waiting({ risk: 'write', fourEyes: false, requester: one, workspace: HERE })
  const fence = await store.claim(run)
  expect(await store.read(run, 0, fence ?? 0)).toMatchObject({ id: run, seq: 3 })
  expect(await store.read(run, 0, (fence ?? 0) - 1)).toBeNull()
})

test('what was changed between the look at an approval and the press is not approved, and the first change counts', async () => {
  const store = createRunStore(db, 'one', memoryLog().log)
  const { approval } = await waiting({ risk: 'write', fourEyes: false, requester: one, workspace: HERE })
  const press = (user: UserId, status: 'approved' | 'denied', hash?: string) => {
    const answered = {
      type: 'answered' as const,
      call: 'c',
      approval,
      decision: status,
      by: user,
      at,
      ...(hash && { hash }),
    }
    return store.settle({ approval, status, by: { workspace: HERE, user }, event: answered })
  }
  const propose = (user: UserId, hash: string) =>
    store.propose(
      { workspace: HERE, user },
      { type: 'edit_proposed', call: 'c', approval, by: user, arguments: {}, hash, risk: 'write', at },
    )
  const changed = { kind: 'changed', by: two, requester: one }
  expect(await propose(two, 'h2')).toMatchObject({ kind: 'proposed' })
  expect(await propose(two, 'h2'), 'sent again').toMatchObject({ kind: 'proposed', fence: null })
  expect(await propose(three, 'h3')).toEqual(changed)
  for (const user of [two, three]) {
    expect(await press(user, 'approved', 'h2')).toEqual(changed)
    expect(await press(user, 'denied')).toEqual(changed)
  }
  expect(await press(one, 'approved'), 'the card of before').toEqual(changed)
  expect(await press(one, 'approved', 'h2')).toMatchObject({ kind: 'settled' })
  expect(await propose(three, 'h3')).toMatchObject({ kind: 'already', decision: 'approved', by: one })
})

type Press = { user: UserId; approval: ApprovalId; status?: 'approved' | 'denied'; needed?: number; lost?: UserId[] }

const pressBy = (store: ReturnType<typeof createRunStore>, workspace: WorkspaceId) => (o: Press) => {
  const { user, approval, status = 'approved', needed, lost } = o
  const event = { type: 'answered' as const, call: 'c', approval, decision: status, by: user, at, needed, lost }
  return store.settle({ approval, status, by: { workspace, user }, event })
}

test('where several have to approve, each counts once, two at once both count, and the audit names them', async () => {
  const store = createRunStore(db, 'one', memoryLog().log)
  const workspace = WorkspaceId.parse('TVOTES')
  const press = pressBy(store, workspace)
  const { run, approval } = await waiting({ risk: 'write', fourEyes: false, requester: one, workspace, needed: 3 })
  expect(await press({ user: one, approval })).toMatchObject({ kind: 'voted', votes: [one], needed: 3, isNew: true })
  expect(await press({ user: one, approval })).toMatchObject({ kind: 'voted', votes: [one], isNew: false })
  const outcomes = await Promise.all([press({ user: two, approval }), press({ user: three, approval })])
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['settled', 'voted'])
  expect(await press({ user: two, approval })).toMatchObject({ kind: 'already', decision: 'approved' })
  const state = await store.state(run, workspace)
  const { decided, votes } = state?.calls[0]?.approval ?? {}
  expect(votes).toHaveLength(2)
  expect(decided?.approvedBy?.toSorted()).toEqual([one, three, two].toSorted())
  const audit =
    "select audit_named(workspace_id, details -> 'votes') as votes from audit_events where workspace_id = 'TVOTES' and action = 'approval_voted' order by id"
  const { rows } = await client.query(audit)
  expect(rows).toEqual([{ votes: [one] }, { votes: [one, expect.any(String)] }, { votes: decided?.approvedBy }])
})

test('one denial ends it, who lost the right counts no more, and a newer rule counts', async () => {
  const store = createRunStore(db, 'one', memoryLog().log)
  const workspace = WorkspaceId.parse('TVOTES')
  const press = pressBy(store, workspace)
  const asked = { risk: 'write', fourEyes: false, requester: one, workspace } as const
  const denied = await waiting({ ...asked, needed: 2 })
  await press({ user: one, approval: denied.approval })
  expect(await press({ user: one, approval: denied.approval, status: 'denied' })).toMatchObject({ kind: 'settled' })
  const { approval } = await waiting({ ...asked, needed: 2 })
  await press({ user: one, approval })
  const second = await press({ user: two, approval, lost: [one] })
  expect(second).toMatchObject({ kind: 'voted', votes: [two], isNew: true })
  expect(await press({ user: three, approval })).toMatchObject({ kind: 'settled' })
  const later = await waiting(asked)
  expect(await press({ user: one, approval: later.approval, needed: 2 })).toMatchObject({ kind: 'voted', needed: 2 })
  // By rules that want one again: what was wanted once stays.
  expect(await press({ user: one, approval: later.approval })).toMatchObject({ kind: 'voted', isNew: false })
  const together = await waiting({ ...asked, needed: 2 })
  const event = {
    type: 'answered' as const,
    call: 'c',
    approval: together.approval,
    decision: 'approved' as const,
    by: one,
    at,
  }
  const { outcomes } = await store.settleTogether({ workspace, user: one }, [event], 'once')
  expect(outcomes).toMatchObject([{ kind: 'voted', votes: [one] }])
})
