import { expect, it } from 'vitest'
import { z } from 'zod'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, until } from '../emulator-with-bolt.ts'
import { manifestWith } from '../manifest-with.ts'

const Group = z.object({ usergroup: z.looseObject({ id: z.string() }) })

async function begin(scopes = ['usergroups:write']) {
  const app = await startStubApp()
  app.slack.setManifest(manifestWith({ scopes, events: ['subteam_created', 'subteam_updated'] }))
  return { app, people: controls(app.slack), [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

it('the app makes a group without members, and a mention of it reaches the app as its id and handle', async () => {
  await using world = await begin()
  const made = await world.app.call('usergroups.create', {
    name: 'Reviewer',
    handle: 'Reviewer',
    description: 'reads diffs',
  })
  const { id } = Group.parse(made).usergroup
  expect(made).toMatchObject({
    usergroup: { handle: 'reviewer', name: 'Reviewer', description: 'reads diffs', user_count: 0 },
  })
  expect(await world.app.call('usergroups.users.list', { usergroup: id })).toMatchObject({ users: [] })
  await world.people.act('say', { as: 'member', channel: 'general', text: '@reviewer look at this, @oncall' })
  const heard = () => world.app.heard.find((one) => JSON.stringify(one).includes('look at this'))
  await until(() => heard() !== undefined)
  expect(heard()).toMatchObject({
    event: { type: 'message', text: `<!subteam^${id}|@reviewer> look at this, <!subteam^SONCALL01|@oncall>` },
  })
  expect(JSON.stringify(world.app.heard)).toContain('subteam_created')
  expect(JSON.stringify(world.app.heard)).not.toContain('app_mention')
})

it('needs its scope', async () => {
  await using world = await begin([])
  expect(await world.app.ask('usergroups.create', { name: 'Reviewer' })).toMatchObject({
    error: 'missing_scope',
    needed: 'usergroups:write',
  })
})

it.each([
  [{ name: 'on call', handle: 'other' }, 'name_already_exists'],
  [{ name: 'Other', handle: 'oncall' }, 'handle_already_exists'],
  [{ name: 'Other', handle: 'member' }, 'handle_already_exists'],
  [{ name: 'Other', handle: 'ops' }, 'handle_already_exists'],
  [{ name: 'Other', handle: 'not a handle' }, 'bad_handle'],
  [{ handle: 'other' }, 'invalid_arguments'],
])('refuses %j: %s', async (args, error) => {
  await using world = await begin()
  expect(await world.app.ask('usergroups.create', args)).toMatchObject({ ok: false, error })
})

it('a group is renamed, switched off and on again; off, its handle is nothing', async () => {
  await using world = await begin()
  const { id } = Group.parse(await world.app.call('usergroups.create', { name: 'Data Analyst' })).usergroup
  const renamed = await world.app.call('usergroups.update', { usergroup: id, handle: 'analyst' })
  expect(renamed).toMatchObject({ usergroup: { name: 'Data Analyst', handle: 'analyst' } })
  expect(await world.app.ask('usergroups.update', { usergroup: id, handle: 'oncall' })).toMatchObject({
    error: 'handle_already_exists',
  })
  await world.app.call('usergroups.disable', { usergroup: id })
  const say = async () => {
    await world.people.act('say', { as: 'member', channel: 'general', text: '@analyst hi' })
    return (await world.people.messages('member', 'general')).at(-1)?.text
  }
  expect(await say()).toBe('@analyst hi')
  await world.app.call('usergroups.enable', { usergroup: id })
  expect(await say()).toBe(`<!subteam^${id}|@analyst> hi`)
  expect(await world.app.ask('usergroups.disable', { usergroup: 'SNOBODY' })).toMatchObject({
    error: 'no_such_subteam',
  })
})
