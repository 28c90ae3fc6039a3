import { describe, expect, test } from 'vitest'
import { ChannelId, WorkspaceId } from '../../src/ids.ts'
import { createTriggerId, type TriggerDefinition } from '../../src/triggers/trigger.ts'
import { eventually } from '../support/eventually.ts'
import { ANN, BEN, DAILY, scheduled, startScheduling, WORKSPACE } from './scheduling.ts'

const BEGIN = '2026-12-01T08:00:00.000Z'
const OWNER = { ...BEN, isOwner: true }
const settled = (world: Awaited<ReturnType<typeof startScheduling>>) =>
  eventually(async () => expect(await world.isSettled()).toBe(true), 30_000)

const REACTION: TriggerDefinition = {
  kind: 'reaction',
  title: 'Bugs of #ops',
  spec: { emoji: 'bug', channels: ['C0OPS'] },
  starts: { kind: 'workflow', workflow: 'weekly-bugs', inputs: { label: 'bug' } },
  place: { kind: 'channel', channel: ChannelId.parse('C0OPS') },
}

describe('what people do', () => {
  test('a trigger is made, listed as it was made, changed and deleted', async () => {
    await using world = await startScheduling(BEGIN)
    const triggers = world.addInstance({ polls: false })
    const made = await triggers.create(ANN, scheduled(DAILY))
    expect(made).toMatchObject({
      owner: ANN.user,
      version: 1,
      enabled: true,
      nextAt: new Date('2026-12-01T09:00:00.000Z'),
    })
    const reaction = await triggers.create(ANN, REACTION)
    expect(reaction).not.toHaveProperty('nextAt')
    expect((await triggers.of(ANN)).map(({ definition }) => definition)).toEqual([REACTION, scheduled(DAILY)])
    const later = scheduled({ repeats: 'weekdays', at: '17:00', zone: 'Europe/Berlin' }, 'Bugs in the evening')
    const changed = await triggers.edit(ANN, made.id, 1, later)
    expect(changed).toMatchObject({ definition: later, version: 2, nextAt: new Date('2026-12-01T16:00:00.000Z') })
    expect(await triggers.edit(ANN, made.id, 1, later), 'the same form again').toEqual(changed)
    await expect(triggers.edit(ANN, made.id, 1, scheduled(DAILY))).rejects.toMatchObject({ code: 'conflict' })
    await triggers.remove({ ...ANN, isOwner: false }, made.id)
    expect((await triggers.of(ANN)).map(({ id }) => id)).toEqual([reaction.id])
    await expect(triggers.edit(ANN, made.id, 2, scheduled(DAILY))).rejects.toMatchObject({ code: 'not_found' })
  })

  test('what cannot be kept is refused and not saved', async () => {
    await using world = await startScheduling(BEGIN)
    const triggers = world.addInstance({ polls: false })
    const never = scheduled({ repeats: 'custom', cron: '0 0 31 2 *', zone: 'UTC' })
    await expect(triggers.create(ANN, never)).rejects.toMatchObject({ code: 'input_invalid' })
    const made = await triggers.create(ANN, scheduled(DAILY))
    await expect(triggers.edit(ANN, made.id, 1, never)).rejects.toMatchObject({ code: 'input_invalid' })
    expect(await triggers.of(ANN)).toMatchObject([{ version: 1 }])
  })

  test('a person keeps fifty', async () => {
    await using world = await startScheduling(BEGIN)
    const triggers = world.addInstance({ polls: false })
    const all = await Promise.allSettled(Array.from({ length: 52 }, () => triggers.create(ANN, REACTION)))
    expect(all.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { code: 'limit_reached' } },
      { reason: { code: 'limit_reached' } },
    ])
    expect(await triggers.create(BEN, REACTION)).toMatchObject({ owner: BEN.user })
  })

  test('others of the workspace do nothing with it; its owners pause and delete it, but cannot let it go on', async () => {
    await using world = await startScheduling(BEGIN)
    const triggers = world.addInstance({ polls: false })
    const { id } = await triggers.create(ANN, scheduled(DAILY))
    const ben = { ...BEN, isOwner: false }
    await expect(triggers.pause(ben, id)).rejects.toMatchObject({ code: 'not_allowed' })
    await expect(triggers.remove(ben, id)).rejects.toMatchObject({ code: 'not_allowed' })
    await expect(triggers.edit(BEN, id, 1, REACTION)).rejects.toMatchObject({ code: 'not_found' })
    await expect(triggers.runNow(BEN, id)).rejects.toMatchObject({ code: 'not_allowed' })
    const elsewhere = { ...OWNER, workspace: WorkspaceId.parse('TOTHER1') }
    await expect(triggers.pause(elsewhere, id)).rejects.toMatchObject({ code: 'not_found' })
    expect(await triggers.in(elsewhere.workspace)).toEqual([])
    const paused = await triggers.pause(OWNER, id)
    expect(paused).toMatchObject({ enabled: false, pausedBy: BEN.user, pausedWhy: 'Somebody paused it.' })
    expect(paused).not.toHaveProperty('nextAt')
    expect(await triggers.in(WORKSPACE)).toMatchObject([{ id, owner: ANN.user }])
    await expect(triggers.resume(BEN, id)).rejects.toMatchObject({ code: 'not_allowed' })
    await triggers.remove(OWNER, id)
    expect(await triggers.in(WORKSPACE)).toEqual([])
    const { rows } = await world.client.query(
      `select action from audit_events where action like 'trigger%' order by id`,
    )
    expect(rows.map(({ action }) => action)).toEqual(['trigger_saved', 'trigger_paused', 'trigger_deleted'])
  })

  test('what is paused does not run until it goes on, from then on', async () => {
    await using world = await startScheduling(BEGIN)
    const triggers = world.addInstance()
    const { id } = await triggers.create(ANN, scheduled(DAILY))
    await triggers.pause({ ...ANN, isOwner: false }, id)
    const later = scheduled({ repeats: 'daily', at: '10:00', zone: 'UTC' })
    expect(await triggers.edit(ANN, id, 1, later), 'editing is no reason to go on').not.toHaveProperty('nextAt')
    world.move('2026-12-03T12:00:00.000Z')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await triggers.resume(ANN, id)).toMatchObject({
      enabled: true,
      nextAt: new Date('2026-12-04T10:00:00.000Z'),
    })
    expect(world.requests).toEqual([])
    world.move('2026-12-04T10:00:30.000Z')
    await settled(world)
    expect(world.requests).toHaveLength(1)
    expect(world.news).toEqual([])
  })
})

describe('what is asked for', () => {
  test('Run now runs once more, also while it is paused, and not while it is at work', async () => {
    await using world = await startScheduling(BEGIN)
    const triggers = world.addInstance({
      start: async ({ dedupeKey }) => ({ kind: 'started', run: await world.startRun(dedupeKey, 'working', null) }),
    })
    const { id } = await triggers.create(ANN, scheduled(DAILY))
    await triggers.pause({ ...ANN, isOwner: false }, id)
    expect(await triggers.runNow(ANN, id)).toBe('fired')
    world.move(1)
    expect(await triggers.runNow(ANN, id)).toBe('running')
    await world.client.query(`update runs set status = 'closed', outcome = 'finished'`)
    expect(await triggers.runNow(ANN, id)).toBe('fired')
    expect(world.requests).toHaveLength(2)
    await settled(world)
    expect(await triggers.of(ANN)).toMatchObject([{ runs: 2, enabled: false }])
  })

  test('an event fires once for its key on all instances, also while another is at work, and not what is paused or gone', async () => {
    await using world = await startScheduling(BEGIN)
    const start = async ({ dedupeKey }: { dedupeKey: string }) => ({
      kind: 'started' as const,
      run: await world.startRun(dedupeKey, 'working', null),
    })
    const [one, other] = [world.addInstance({ start }), world.addInstance({ start })]
    const { id } = await one.create(ANN, REACTION)
    const both = await Promise.all([one.fire(WORKSPACE, id, 'Ev1'), other.fire(WORKSPACE, id, 'Ev1')])
    expect(both.toSorted()).toEqual(['again', 'fired'])
    expect(await other.fire(WORKSPACE, id, 'Ev2')).toBe('fired')
    expect(world.requests.map(({ dedupeKey }) => dedupeKey)).toEqual([`trigger:${id}:Ev1`, `trigger:${id}:Ev2`])
    expect(await one.fire(WorkspaceId.parse('TOTHER1'), id, 'Ev3')).toBe('off')
    await one.pause({ ...ANN, isOwner: false }, id)
    expect(await one.fire(WORKSPACE, id, 'Ev3')).toBe('off')
    expect(await one.fire(WORKSPACE, createTriggerId(), 'Ev3')).toBe('off')
  })
})

describe('what comes of it', () => {
  const ending = (world: Awaited<ReturnType<typeof startScheduling>>, outcomes: string[]) =>
    world.addInstance({
      start: async ({ dedupeKey }) => ({
        kind: 'started',
        run: await world.startRun(dedupeKey, 'closed', outcomes.shift() ?? 'finished'),
      }),
    })
  const passDays = async (world: Awaited<ReturnType<typeof startScheduling>>, count: number) => {
    for (let day = 0; day < count; day++) {
      world.move(day === 0 && world.requests.length === 0 ? '2026-12-01T09:00:01.000Z' : 24 * 60)
      await settled(world)
    }
  }

  test('three failures in a row pause it, with a word to its owner; what was stopped does not count', async () => {
    await using world = await startScheduling(BEGIN)
    const outcomes = ['failed', 'failed', 'finished', 'failed', 'stopped', 'failed', 'failed', 'finished']
    const triggers = ending(world, outcomes)
    const { id } = await triggers.create(ANN, scheduled(DAILY))
    await passDays(world, 6)
    expect(await triggers.of(ANN)).toMatchObject([{ enabled: true, failures: 2 }])
    await passDays(world, 3)
    expect(world.requests).toHaveLength(7)
    const why = 'It failed three times in a row.'
    expect(await triggers.of(ANN)).toMatchObject([
      { enabled: false, failures: 3, pausedWhy: why, runs: 7, costUsd: 1.75 },
    ])
    expect(world.news).toMatchObject([{ kind: 'paused', why, trigger: { id } }])
    await triggers.resume(ANN, id)
    await passDays(world, 1)
    expect(await triggers.of(ANN)).toMatchObject([{ enabled: true, failures: 0 }])
    const [newest, ...others] = await triggers.occurrences(WORKSPACE, id, 3)
    expect([newest?.outcome, ...others.map(({ outcome }) => outcome)]).toEqual(['finished', 'failed', 'failed'])
  })

  test('what is told by onEnded counts once, whoever tells it how often', async () => {
    await using world = await startScheduling(BEGIN)
    const triggers = world.addInstance({
      start: async ({ dedupeKey }) => ({ kind: 'started', run: await world.startRun(dedupeKey, 'working', null) }),
    })
    await triggers.create(ANN, scheduled(DAILY))
    world.move('2026-12-01T09:00:01.000Z')
    await settled(world)
    const [{ last } = { last: undefined }] = await triggers.of(ANN)
    expect(last).toMatchObject({ state: 'started' })
    const run = last?.run ?? (await world.startRun('none'))
    await Promise.all([triggers.onEnded(run, 'failed'), triggers.onEnded(run, 'failed')])
    await triggers.onEnded(await world.startRun('of nobody'), 'failed')
    expect(await triggers.of(ANN)).toMatchObject([
      { failures: 1, costUsd: 0.25, last: { state: 'ended', outcome: 'failed' } },
    ])
  })

  test('where nobody can be acted for it pauses at once, and says why', async () => {
    await using world = await startScheduling(BEGIN)
    const why = 'Ann left this workspace.'
    const triggers = world.addInstance({ start: async () => ({ kind: 'refused', why }) })
    await triggers.create(ANN, scheduled(DAILY))
    await triggers.create(ANN, REACTION)
    world.move('2026-12-01T09:00:01.000Z')
    await settled(world)
    expect(world.news).toMatchObject([{ kind: 'paused', why }])
    expect(await triggers.of(ANN)).toMatchObject([
      { enabled: true },
      { enabled: false, pausedWhy: why, last: { why: 'refused' } },
    ])
    expect(await triggers.pauseOf(ANN, why)).toBe(1)
    expect(await triggers.of(ANN)).toMatchObject([{ enabled: false }, { enabled: false }])
  })

  test('what could not be told is told again, once', async () => {
    await using world = await startScheduling(BEGIN)
    let attempts = 0
    const tell = async () => {
      attempts += 1
      if (attempts === 1) throw new Error('Slack is away')
    }
    const triggers = world.addInstance({ start: async () => ({ kind: 'refused', why: 'gone' }), tell })
    await triggers.create(ANN, scheduled(DAILY))
    world.move('2026-12-01T09:00:01.000Z')
    await eventually(() => expect(attempts).toBe(1))
    expect(world.news).toEqual([])
    world.move(3)
    await settled(world)
    expect(world.news).toMatchObject([{ kind: 'paused' }])
  })

  test('a schedule that should have succeeded and did not is found, and reported once where nobody said why', async () => {
    await using world = await startScheduling(BEGIN)
    const outcomes = new Map([
      ['hangs', ['working', null]],
      ['fails', ['closed', 'failed']],
    ] as const)
    const triggers = world.addInstance({
      start: async ({ dedupeKey, trigger }) => {
        const [status, outcome] = [...outcomes].find(([title]) => title === trigger.definition.title)?.[1] ?? []
        return { kind: 'started', run: await world.startRun(dedupeKey, status, outcome) }
      },
    })
    for (const title of ['fine', 'hangs', 'fails']) await triggers.create(ANN, scheduled(DAILY, title))
    world.move('2026-12-01T09:00:01.000Z')
    await settled(world)
    expect(await triggers.withoutSuccess(WORKSPACE), 'it is too early to tell').toEqual([])
    world.move('2026-12-01T16:00:00.000Z')
    const since = new Date('2026-12-01T09:00:00.000Z')
    expect((await triggers.withoutSuccess(WORKSPACE)).map((one) => [one.definition.title, one.since])).toEqual([
      ['fails', since],
      ['hangs', since],
    ])
    expect(await triggers.reportUnsuccessful()).toBe(1)
    expect(await triggers.reportUnsuccessful()).toBe(0)
    await settled(world)
    expect(world.news).toMatchObject([{ kind: 'no_success', trigger: { definition: { title: 'hangs' } } }])
    await world.client.query(`update runs set status = 'closed', outcome = 'finished'`)
    await settled(world)
    expect((await triggers.withoutSuccess(WORKSPACE)).map((one) => one.definition.title)).toEqual(['fails'])
  })

  test('a row that cannot be read stops no other', async () => {
    await using world = await startScheduling(BEGIN)
    const triggers = world.addInstance()
    const { id } = await triggers.create(ANN, scheduled(DAILY))
    await triggers.create(ANN, scheduled(DAILY, 'fine'))
    await world.client.query(`update triggers set spec = '{"repeats": "sometimes"}' where id = $1`, [id])
    world.move('2026-12-01T09:00:01.000Z')
    await eventually(() => expect(world.requests).toHaveLength(1))
    expect(await triggers.of(ANN)).toMatchObject([{ definition: { title: 'fine' } }])
    expect(triggers.logged()).toContain('cannot be read')
  })
})
