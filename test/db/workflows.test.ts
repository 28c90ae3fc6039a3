import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { connectPostgres } from '../../src/db/postgres.ts'
import { UserId, WorkspaceId } from '../../src/ids.ts'
import { workflowHashOf } from '../../src/workflows/definition/workflow-hash.ts'
import type { WorkflowDefinition } from '../../src/workflows/workflow.ts'
import { createWorkflowRows } from '../../src/workflows/workflow-rows.ts'
import { createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'

const person = (user: string, workspace = 'TTEST') => ({
  workspace: WorkspaceId.parse(workspace),
  user: UserId.parse(user),
})
const [ANN, BEN, FAR] = [person('UANN'), person('UBEN'), person('UFAR', 'TOTHER')]

const bodyOf = (name: string, tool = 'github/list_issues'): WorkflowDefinition => ({
  name,
  title: `The ${name}`,
  steps: [{ id: 'list', tool, with: { label: '{{ now }}', odd: [null, 1.5] } }],
})
const newOne = (name: string, id: string = randomUUID()) => ({ id, body: bodyOf(name), source: 'slack' as const })

async function open() {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await createTestDatabase())
  const db = opening.use(connectPostgres(database.url, memoryLog().log))
  const workflows = createWorkflowRows(db)
  const rows = (sql: string, values?: unknown[]) => query(database.url, sql, values)
  const things = opening.move()
  return { workflows, rows, [Symbol.asyncDispose]: () => things.disposeAsync() }
}

test('a saved workflow is its owner’s until it is shared, and never another workspace’s', async () => {
  await using at = await open()
  const { id, ...saved } = await at.workflows.create(ANN, newOne('bugs'))
  expect(saved).toMatchObject({
    owner: 'UANN',
    version: 1,
    shared: false,
    source: 'slack',
    body: bodyOf('bugs'),
    hash: workflowHashOf(bodyOf('bugs')),
  })
  const seenBy = async (who: typeof ANN) => [
    (await at.workflows.of(who)).length,
    (await at.workflows.get(who, id)) !== undefined,
  ]
  expect([await seenBy(ANN), await seenBy(BEN)]).toEqual([
    [1, true],
    [0, false],
  ])
  expect(await at.workflows.share(BEN, id, true)).toBeUndefined()
  expect(await at.workflows.share(ANN, id, true)).toMatchObject({ shared: true })
  expect([await seenBy(BEN), await seenBy(FAR)]).toEqual([
    [1, true],
    [0, false],
  ])
  await expect(at.workflows.edit(BEN, { id, base: 1, body: bodyOf('bugs', 'x/y') })).rejects.toMatchObject({
    code: 'not_found',
  })
  await at.workflows.share(ANN, id, false)
  expect(await seenBy(BEN)).toEqual([0, false])
})

test('saved twice is one; an edit makes a version, and one of an older version is refused', async () => {
  await using at = await open()
  const one = newOne('bugs')
  await at.workflows.create(ANN, one)
  expect(await at.workflows.create(ANN, one)).toMatchObject({ version: 1 })
  await expect(at.workflows.create(ANN, { ...one, body: bodyOf('other') })).rejects.toMatchObject({ code: 'conflict' })
  await expect(at.workflows.create(BEN, one)).rejects.toMatchObject({ code: 'conflict' })
  const second = await at.workflows.edit(ANN, { id: one.id, base: 1, body: bodyOf('bugs', 'x/y') })
  expect(second).toMatchObject({ version: 2, hash: workflowHashOf(bodyOf('bugs', 'x/y')) })
  expect(await at.workflows.edit(ANN, { id: one.id, base: 1, body: bodyOf('bugs', 'x/y') })).toMatchObject({
    version: 2,
  })
  await expect(at.workflows.edit(ANN, { id: one.id, base: 1, body: bodyOf('bugs', 'x/z') })).rejects.toMatchObject({
    code: 'conflict',
  })
  const both = await Promise.allSettled(
    ['a/a', 'b/b'].map((tool) => at.workflows.edit(ANN, { id: one.id, base: 2, body: bodyOf('bugs', tool) })),
  )
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(
    (await at.workflows.versionsOf(ANN, one.id)).map(({ version, body }) => [version, body.steps[0]?.tool]),
  ).toEqual([
    [3, expect.stringMatching(/a\/a|b\/b/)],
    [2, 'x/y'],
    [1, 'github/list_issues'],
  ])
  expect(await at.workflows.versionsOf(BEN, one.id)).toEqual([])
})

test('a name stands for one workflow in what a person sees', async () => {
  await using at = await open()
  const [anns, bens] = [newOne('bugs'), newOne('bugs')]
  await at.workflows.create(ANN, anns)
  await expect(at.workflows.create(ANN, newOne('bugs'))).rejects.toMatchObject({ code: 'name_taken' })
  await at.workflows.create(BEN, bens)
  await at.workflows.share(ANN, anns.id, true)
  await expect(at.workflows.share(BEN, bens.id, true)).rejects.toMatchObject({ code: 'name_taken' })
  await expect(at.workflows.create(person('UCAT'), newOne('bugs'))).rejects.toMatchObject({ code: 'name_taken' })
  await expect(at.workflows.edit(BEN, { id: bens.id, base: 1, body: bodyOf('bugs', 'x/y') })).rejects.toMatchObject({
    code: 'name_taken',
  })
  await at.workflows.edit(BEN, { id: bens.id, base: 1, body: bodyOf('others') })
})

test('an archived workflow is gone and its name free; a shared one an owner of the workspace may archive', async () => {
  await using at = await open()
  const one = newOne('bugs')
  await at.workflows.create(ANN, one)
  expect(await at.workflows.archive(BEN, one.id, true)).toBeUndefined()
  await at.workflows.share(ANN, one.id, true)
  expect(await at.workflows.archive(BEN, one.id, false)).toBeUndefined()
  expect(await at.workflows.archive(FAR, one.id, true)).toBeUndefined()
  expect(await at.workflows.archive(BEN, one.id, true)).toMatchObject({ id: one.id, shared: false })
  expect([await at.workflows.of(ANN), await at.workflows.get(ANN, one.id)]).toEqual([[], undefined])
  await expect(at.workflows.edit(ANN, { id: one.id, base: 1, body: bodyOf('x') })).rejects.toMatchObject({
    code: 'not_found',
  })
  await at.workflows.create(ANN, newOne('bugs'))
})

test('fifty are enough for one person', async () => {
  await using at = await open()
  for (let count = 0; count < 50; count += 1) await at.workflows.create(ANN, newOne(`w${count}`))
  await expect(at.workflows.create(ANN, newOne('w50'))).rejects.toMatchObject({ code: 'limit_reached' })
  await at.workflows.create(BEN, newOne('w50'))
})

test('what was done to workflows is in the audit, and what is forgotten is not in the rows', async () => {
  await using at = await open()
  const [own, shared] = [newOne('own'), newOne('shared')]
  await at.workflows.create(ANN, own)
  await at.workflows.create(ANN, shared)
  await at.workflows.share(ANN, shared.id, true)
  const actions = await at.rows("select action from audit_events where workspace_id = 'TTEST' order by id")
  expect(actions.map(({ action }) => action)).toEqual(['workflow_saved', 'workflow_saved', 'workflow_shared'])
  await at.rows("select person_forget('TTEST', 'UANN', 10)")
  expect(await at.rows('select name, owner from workflows')).toEqual([{ name: 'shared', owner: 'UFORGOTTEN' }])
  expect(await at.rows('select count(*)::int as left from workflow_versions')).toEqual([{ left: 1 }])
  expect(await at.workflows.of(BEN)).toMatchObject([{ owner: 'UFORGOTTEN' }])
})
