import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { IN_BROWSER_MS, openBrowser, openSeat, picture } from '../../support/browser.ts'
import { says, wishes } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

/** Where the focus is at the very moment a field is marked as wrong. */
const FOCUS_AT_TROUBLE = `new Promise((resolve) =>
  new MutationObserver(() => {
    if (document.querySelector('.field-trouble')) resolve(document.activeElement.closest('.is-wrong') !== null)
  }).observe(document.body, { subtree: true, childList: true }),
)`

test('a member connects, looks at tools, tests, revokes a rule and disconnects, all in Home', async () => {
  await using world = await startWorld({
    model: [wishes('filesystem__write_file', { path: 'a.txt', content: 'a' }), says('Written.')],
  })
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  await page.getByRole('tab', { name: 'Home' }).click()
  const home = page.getByRole('tabpanel', { name: 'Home' })
  await home.getByText('None yet. Connect a tool').waitFor()
  await home.getByRole('button', { name: 'Connect a tool' }).click()
  const modal = page.getByRole('dialog')
  await modal.getByRole('combobox', { name: 'Service' }).fill('Files')
  await page.getByRole('option', { name: /^Files/ }).click()
  await modal.getByLabel('Name').waitFor()
  await modal.getByRole('button', { name: 'Connect', exact: true }).click()
  await modal.getByText('Connected!').waitFor()
  await modal.getByRole('button', { name: 'Done' }).click()
  await modal.waitFor({ state: 'detached' })

  await home.getByRole('button', { name: 'Tools', exact: true }).click()
  await modal.getByText('write_file').first().waitFor()
  await modal.getByLabel('Search').fill('list_dir')
  await page.keyboard.press('Enter')
  await modal.getByText('write_file').first().waitFor({ state: 'detached' })
  await modal.getByText('list_directory').first().waitFor()
  await picture(page, 'tools')
  await page.keyboard.press('Escape')
  await modal.waitFor({ state: 'detached' })
  await home.getByRole('button', { name: 'Test', exact: true }).click()
  await modal
    .getByText(/works|answered/i)
    .first()
    .waitFor()
  await picture(page, 'tested')
  await page.keyboard.press('Escape')
  await modal.waitFor({ state: 'detached' })

  const member = world.as('member')
  await member.decide(await member.dm('write a.txt'), 'Always allow')
  await home
    .getByText(/Always allow/)
    .filter({ hasText: 'write_file' })
    .waitFor()
  await picture(page, 'home-rule')
  await home.getByRole('button', { name: 'Details of what was done, step by step' }).click()
  await modal.getByText('1. Wrote a.txt').waitFor()
  await modal.getByText(/Approved by .*always from now on/).waitFor()
  await picture(page, 'details')
  await page.keyboard.press('Escape')
  await modal.waitFor({ state: 'detached' })
  await home.getByRole('button', { name: 'Revoke' }).click()
  await home.getByText('None. Always allow').waitFor()
  await home.getByRole('button', { name: 'Disconnect' }).click()
  await modal.getByRole('button', { name: 'Disconnect' }).waitFor()
  await picture(page, 'disconnect')
  await modal.getByRole('button', { name: 'Disconnect' }).click()
  await home.getByText('None yet. Connect a tool').waitFor()
  expect(troubles).toEqual([])
})

test('an owner changes every setting in Home; a wrong budget is said at its field', async () => {
  await using world = await startWorld()
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=owner`, { height: 1400 })
  await page.getByRole('tab', { name: 'Home' }).click()
  const home = page.getByRole('tabpanel', { name: 'Home' })
  await home.getByText('Workspace settings').waitFor()
  await home.getByRole('combobox', { name: 'Choose approvers' }).fill('avery')
  await page.getByRole('option', { name: 'Avery Approver' }).click()
  await home
    .getByText(/Approvers:/)
    .filter({ hasText: 'Avery Approver' })
    .waitFor()
  await home.getByRole('combobox', { name: 'Choose a channel' }).fill('ops')
  await page.getByRole('option', { name: 'ops' }).click()
  await home.getByRole('button', { name: 'Ask in threads again' }).waitFor()
  await home.getByRole('combobox', { name: 'All services' }).fill('Files')
  await page.getByRole('option', { name: /^Files/ }).click()
  await home.getByText('1 service. Existing').waitFor()
  await home.getByRole('button', { name: 'Set a budget' }).click()
  const modal = page.getByRole('dialog', { name: 'Monthly budget' })
  await modal.getByLabel('US dollars a month').fill('a lot')
  const focusedAtOnce = page.evaluate(FOCUS_AT_TROUBLE)
  await modal.getByRole('button', { name: 'Save' }).click()
  await modal.getByRole('alert').waitFor()
  expect(await focusedAtOnce).toBe(true)
  await page.keyboard.type('!')
  expect(await modal.getByLabel('US dollars a month').inputValue()).toBe('a lot!')
  await picture(page, 'budget-wrong')
  await modal.getByLabel('US dollars a month').fill('12.5')
  await modal.getByRole('button', { name: 'Save' }).click()
  await home.getByText('Monthly budget: $12.50').waitFor()
  await modal.waitFor({ state: 'detached' })
  await picture(page, 'home-owner')
  await home.getByRole('button', { name: 'Ask in threads again' }).click()
  await home.getByRole('button', { name: 'Ask in threads again' }).waitFor({ state: 'detached' })
  expect(troubles).toEqual([])
})
