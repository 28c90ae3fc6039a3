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

const WRITE = wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' })

test('side by side: a click in the approver’s window is seen in the member’s, and a wrong one is answered alone', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [WRITE, says('One employee less.')] })
  await world.as('member').connect('demo-database')
  const member = await openSeat(browser, `${world.slackUrl}/?as=member#/COPS00001`)
  const approver = await openSeat(browser, `${world.slackUrl}/?as=approver`)
  await member.page.getByRole('combobox', { name: 'Message #ops' }).fill('@Patchbay delete number 10001')
  await member.page.keyboard.press('Enter')
  const thread = member.page.getByRole('complementary', { name: 'Thread' })
  await thread.getByRole('button', { name: 'Approve', exact: true }).click()
  await thread.getByText('Only visible to you').waitFor()
  await picture(member.page, 'wrong-person')
  await thread.getByRole('button', { name: 'Approve', exact: true }).waitFor()

  await approver.page.getByRole('button', { name: 'Patchbay Home' }).click()
  await approver.page.getByText('1 approval waiting for you').waitFor()
  await picture(approver.page, 'home-approval')
  await approver.page.getByRole('button', { name: 'Approve', exact: true }).click()
  await thread
    .getByRole('listitem')
    .filter({ hasText: /approved/i })
    .filter({ hasText: 'Avery Approver' })
    .first()
    .waitFor()
  await thread.getByRole('button', { name: 'Approve', exact: true }).waitFor({ state: 'detached' })
  await thread.getByText('One employee less.').waitFor()
  await approver.page.getByText('1 approval waiting for you').waitFor({ state: 'detached' })
  await picture(member.page, 'decided')
  expect(await approver.page.getByText('Only visible to you').count()).toBe(0)
  expect([...member.troubles, ...approver.troubles]).toEqual([])
})

test('a reload keeps the place, the thread, the open modal and what was typed', async () => {
  await using world = await startWorld({ model: [says('Good morning.')] })
  const { page } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  await page.getByRole('button', { name: 'ops' }).click()
  const composer = page.getByRole('combobox', { name: 'Message #ops' })
  await composer.fill('@Patchbay wish us a good morning')
  await composer.press('Enter')
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByText('Good morning.', { exact: true }).waitFor()
  await composer.fill('a thought for later')
  await thread.getByRole('combobox', { name: 'Reply…' }).fill('and one for here')
  await page.getByRole('button', { name: 'Shortcuts' }).first().click()
  await page.getByRole('menuitem', { name: 'Connect a tool' }).click()
  await page.getByRole('dialog', { name: 'Connect a tool' }).waitFor()
  await page.reload()
  await page.getByRole('dialog', { name: 'Connect a tool' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await thread.getByText('Good morning.', { exact: true }).waitFor()
  expect(await composer.inputValue()).toBe('a thought for later')
  expect(await thread.getByRole('combobox', { name: 'Reply…' }).inputValue()).toBe('and one for here')
  await page.getByRole('button', { name: 'general' }).click()
  await page.goBack()
  await thread.getByText('Good morning.', { exact: true }).waitFor()
  expect(await composer.inputValue()).toBe('a thought for later')
})

test('400 px take the whole job: connect, ask, thread, approve, Home, drawer', async () => {
  await using world = await startWorld({
    model: [wishes('filesystem__write_file', { path: 'a.txt', content: 'a' }), says('Written.')],
  })
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`, { width: 400, height: 800 })
  const fits = async (name: string) => {
    await picture(page, `narrow-${name}`)
    expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(400)
  }
  await page.getByRole('button', { name: 'Connect the demo database' }).waitFor()
  await fits('first-visit')
  await page.getByRole('combobox', { name: 'Message Patchbay' }).fill('/mcp connect filesystem')
  await page.keyboard.press('Enter')
  const modal = page.getByRole('dialog')
  await modal.getByLabel('Name').waitFor()
  await fits('connect')
  await modal.getByRole('button', { name: 'Connect', exact: true }).click()
  await modal.getByText('Connected!').waitFor()
  await modal.getByRole('button', { name: 'Done' }).click()
  await modal.waitFor({ state: 'detached' })
  await page.getByRole('combobox', { name: 'Message Patchbay' }).fill('write a.txt')
  await page.keyboard.press('Enter')
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByRole('button', { name: 'Approve', exact: true }).waitFor()
  await fits('approval')
  await thread.getByRole('button', { name: 'Approve', exact: true }).click()
  await thread.getByText('Written.', { exact: true }).waitFor()
  await fits('answer')
  await thread.getByRole('button', { name: 'Close thread' }).click()
  await page.getByRole('tab', { name: 'Home' }).click()
  await page.getByText('Recent requests').waitFor()
  await fits('home')
  await page.getByRole('button', { name: 'What just happened' }).click()
  await page
    .getByRole('button', { name: /views\.publish/ })
    .first()
    .click()
  await fits('drawer')
  expect(troubles).toEqual([])
})
