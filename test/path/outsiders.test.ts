import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rowsIn } from '../support/rows.ts'
import { says } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const become = (world: World, standing: string) =>
  world.as('owner').post('person', { name: 'member', real_name: 'Morgan', standing })

test.each([
  { standing: 'guest', setting: 'setting_outsiders:guest', why: /You are a guest here/ },
  { standing: 'stranger', setting: 'setting_outsiders:stranger', why: /You are from another organization/ },
])('a $standing gets nothing done before an owner allows it', async ({ standing, setting, why }) => {
  await using world = await startWorld({ model: [says('Hello.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await become(world, standing)
  const where = await member.mention('what is the time?')
  await eventually(async () => {
    const told = [...(await member.messages('general')), ...(await member.messages('dm'))]
    expect(told.filter(({ text }) => why.test(text))).toHaveLength(1)
  })
  await member.command('connect demo-database')
  expect(await member.modal()).toBeNull()
  await eventually(async () => {
    const told = (await member.messages('dm')).filter(({ text, ephemeral }) => ephemeral && why.test(text))
    expect(told).toHaveLength(1)
  })
  expect(await rowsIn(world, 'select id from runs')).toEqual([])

  await owner.home()
  await owner.pressInHome(setting, 'Ask me for work')
  await eventually(async () =>
    expect(await rowsIn(world, 'select settings from workspaces')).toMatchObject([
      { settings: { outsiders: { [standing]: ['run'] } } },
    ]),
  )
  await member.mention('and now?', 'general', where.thread)
  await member.see(where, /Hello\./)
  await member.command('connect demo-database')
  expect(await member.modal()).toBeNull()
  await owner.pressInHome(setting, 'Connect tools')
  await eventually(async () => {
    await member.command('connect demo-database')
    expect(await member.modal()).not.toBeNull()
  })
  await owner.pressInHome(setting, '')
  await eventually(async () =>
    expect(await rowsIn(world, 'select settings from workspaces')).toMatchObject([
      { settings: { outsiders: { [standing]: [] } } },
    ]),
  )
  await member.submit()
  expect(JSON.stringify(await member.modal())).toMatch(why)
  expect(await rowsIn(world, 'select id from mcp_connections')).toEqual([])
})
