import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { IN_BROWSER_MS, openBrowser, openSeat, picture } from '../../support/browser.ts'
import { says, slow } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const WATCH_SHIFTS = `window.shifts = []; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifts.push({ value: entry.value, what: entry.sources.map((one) => one.node?.outerHTML?.slice(0, 120)).join(' | ') })
}).observe({ type: 'layout-shift' })`

test('an answer streams without moving what stands, and Stop ends it', async () => {
  const words = Array.from({ length: 2_000 }, (_, at) => `word${at}`).join(' ')
  await using world = await startWorld({ model: [slow(40, says(words))] })
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  await page.getByRole('combobox', { name: 'Message Patchbay' }).fill('talk for long')
  await page.keyboard.press('Enter')
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByText(/word3/).waitFor()
  await page.evaluate(WATCH_SHIFTS)
  await thread.getByText(/word60/).waitFor()
  const shifts = z.array(z.object({ value: z.number(), what: z.string() })).parse(await page.evaluate('window.shifts'))
  expect(
    shifts.reduce((sum, one) => sum + one.value, 0),
    JSON.stringify(shifts),
  ).toBeLessThan(0.02)
  await picture(page, 'streaming')
  await thread.getByRole('button', { name: 'Stop' }).first().click()
  await thread.getByText('I stopped').waitFor()
  await picture(page, 'stopped')
  expect(troubles).toEqual([])
})

test('a connect with wrong fields, one that fails, hints, an ephemeral answer, and disconnect', async () => {
  await using world = await startWorld({ change: (settings) => ({ ...settings, egressAllow: ['127.0.0.1:1'] }) })
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=owner`)
  const composer = page.getByRole('combobox', { name: 'Message Patchbay' })
  await composer.fill('/')
  await page.getByRole('option', { name: '/mcp connect', exact: true }).waitFor()
  await picture(page, 'hints')
  await composer.fill('/mcp conn')
  await page.keyboard.press('Tab')
  await composer.pressSequentially('custom')
  await page.keyboard.press('Enter')
  const form = page.getByRole('dialog')
  await form.getByLabel('Address').fill('ftp://nowhere')
  await form.getByRole('button', { name: 'Connect', exact: true }).click()
  await form.locator('.field-trouble').first().waitFor()
  await picture(page, 'field-errors')
  await form.getByLabel('Address').fill('https://127.0.0.1:1/mcp')
  await form.getByRole('button', { name: 'Connect', exact: true }).click()
  await form.locator('.block-alert').waitFor()
  await picture(page, 'connect-failed')
  await page.keyboard.press('Escape')
  await form.waitFor({ state: 'detached' })
  await composer.fill('/mcp list')
  await page.keyboard.press('Enter')
  await page.getByText('Only visible to you').first().waitFor()
  await picture(page, 'ephemeral')

  await world.as('owner').connect('demo-database')
  await page.getByRole('tab', { name: 'Home' }).click()
  await page.getByRole('button', { name: 'Disconnect' }).click()
  const confirm = page.getByRole('dialog').getByRole('button', { name: /disconnect/i })
  await confirm.click()
  await page.getByText('Rules for everybody here').first().waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await picture(page, 'home-empty')
  await page.getByRole('button', { name: 'What just happened' }).click()
  await page
    .getByRole('button', { name: /views.open/ })
    .first()
    .click()
  await picture(page, 'drawer-light-on-home')
  expect(troubles).toEqual([])
})

test('what is unread is marked, and a theme chosen by hand stays', async () => {
  await using world = await startWorld({ model: [says('Hello to all of you.')] })
  const { page } = await openSeat(browser, `${world.slackUrl}/?as=owner`)
  await page.getByRole('button', { name: 'general' }).waitFor()
  await world.as('member').say('general', 'Morning, @owner & all: see https://example.com')
  await page.getByRole('button', { name: 'general unread' }).waitFor()
  await picture(page, 'unread')
  await page.getByRole('button', { name: 'general unread' }).click()
  await page.getByRole('listitem').filter({ hasText: 'Morning,' }).waitFor()
  await page.getByRole('button', { name: 'Patchbay', exact: true }).click()
  await page.getByRole('button', { name: 'general', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Theme: system' }).click()
  await page.getByRole('button', { name: 'Theme: light' }).click()
  await page.reload()
  await page.getByRole('button', { name: 'Theme: dark' }).waitFor()
  expect(await page.evaluate('getComputedStyle(document.body).colorScheme')).toBe('dark')
})
