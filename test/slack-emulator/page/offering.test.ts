import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { IN_BROWSER_MS, openBrowser, openSeat, picture, pictures } from '../../support/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { local, offering } from '../../support/offering.ts'
import { says, wishes } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
let world: World
let server: AsyncDisposable
beforeAll(async () => {
  browser = await openBrowser()
  world = await startWorld(local)
  server = await offering(world.as('member'))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
  await browser.close()
})

async function begin(page: Page, command: string) {
  await page.getByRole('combobox', { name: 'Message Patchbay' }).fill(command)
  await page.keyboard.press('Enter')
  return page.getByRole('dialog')
}

test('a resource is read into a thread, a template filled in with what the server proposes', async () => {
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  const dialog = await begin(page, '/mcp resources custom')
  await dialog.getByText('4 resources of custom').waitFor()
  await pictures(page, 'resources')
  await dialog.getByRole('button', { name: 'Open' }).first().click()
  await dialog.getByRole('button', { name: 'Read here' }).waitFor()
  await pictures(page, 'resource')
  await dialog.getByRole('button', { name: 'Read here' }).click()
  await dialog.getByRole('link', { name: 'Go there' }).click()
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByText('touched 0 times').waitFor()
  await pictures(page, 'resource-read')

  await begin(page, '/mcp resources custom')
  await dialog.getByRole('button', { name: 'Fill in' }).click()
  await dialog.getByRole('combobox', { name: 'day' }).fill('mon')
  await page.getByRole('option', { name: 'monday' }).waitFor()
  await picture(page, 'template')
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: 'Open', exact: true }).click()
  await dialog.getByText('note://day/monday').waitFor()
  await dialog.getByRole('button', { name: 'Read here' }).click()
  await dialog.getByRole('link', { name: 'Go there' }).click()
  await thread.getByText('Notes of monday').waitFor()
  expect(await dialog.count(), 'the list below is gone with it').toBe(0)
  expect(troubles).toEqual([])
})

test('a watched resource is told of when it changes, with a button to read it', async () => {
  world.model.script(wishes('custom__touch'), says('Touched.'))
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  const dialog = await begin(page, '/mcp resources custom')
  await dialog.getByRole('button', { name: 'Open' }).first().click()
  await dialog.getByRole('button', { name: 'Tell me when it changes' }).click()
  await dialog.getByText('I will tell you when').waitFor()
  await picture(page, 'watching')
  await dialog.getByRole('link', { name: 'Go there' }).click()
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByRole('button', { name: 'Stop telling me' }).waitFor()
  // It is listened to at the next look.
  await eventually(() => expect(world.log()).toContain('watching resources'), 30_000)
  const member = world.as('member')
  await member.decide(await member.dm('touch it'), 'Approve')
  await thread.getByText('of custom changed').waitFor()
  await pictures(page, 'watch-told')
  await thread.getByRole('button', { name: 'Read it' }).click()
  await thread.getByText('touched 1 times').waitFor()
  expect(troubles).toEqual([])
})

test('a prompt is filled in by keyboard with completion, and answered in its thread', async () => {
  world.model.script(says('Bonjour Paris!'))
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  const dialog = await begin(page, '/mcp prompts custom')
  await dialog.getByText('1 prompt of custom').waitFor()
  await pictures(page, 'prompts')
  await dialog.getByRole('button', { name: 'Use it' }).click()
  const city = dialog.getByRole('combobox', { name: 'city' })
  await city.fill('P')
  await page.getByRole('option', { name: 'Paris' }).waitFor()
  await picture(page, 'prompt-completion')
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: 'Run' }).click()
  await dialog.getByRole('link', { name: 'Go there' }).click()
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByText('Bonjour Paris!').waitFor()
  await pictures(page, 'prompt-answered')
  expect(troubles).toEqual([])
})
