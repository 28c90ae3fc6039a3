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

test('a newcomer connects, asks, has a write approved from another window, and finds it in Home', async () => {
  await using world = await startWorld({
    approvers: ['approver'],
    model: [
      says(
        'There are **300 024** employees.\n\n| department | people |\n| --- | ---: |\n| Development | 85 707 |\n| Sales | 52 245 |',
      ),
      wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' }),
      says('Done: one employee less.'),
    ],
  })
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  await page.getByRole('button', { name: 'Connect the demo database' }).waitFor()
  await picture(page, 'first-visit')
  await page.getByRole('button', { name: 'Connect the demo database' }).click()
  await page.getByRole('dialog').getByLabel('Name').waitFor()
  await picture(page, 'connect')
  await page.getByRole('dialog').getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('dialog').getByText('Connected!').waitFor()
  await picture(page, 'connected')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'How many employees are there?' }).click()
  await dialog.getByRole('link', { name: 'Go there' }).waitFor()
  await picture(page, 'asked')
  const link = await dialog.getByRole('link', { name: 'Go there' }).getAttribute('href')
  await dialog.getByRole('link', { name: 'Go there' }).click()
  await dialog.waitFor({ state: 'detached' })

  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByText('300 024').waitFor()
  // The same message by the link that Slack gives for it, as one would paste it.
  const [, channel = '', ts = ''] = link?.replace('#', '').split('/') ?? []
  const pasted = await fetch(`${world.slackUrl}/archives/${channel}/p${ts.replace('.', '')}`, { redirect: 'manual' })
  expect(pasted.headers.get('location')).toBe(`/${link}`)
  await picture(page, 'answer')

  await page.getByRole('button', { name: 'general' }).click()
  await page.getByRole('combobox', { name: 'Message #general' }).fill('@Patchbay delete employee 10001')
  await page.keyboard.press('Enter')
  await thread
    .getByText(/DELETE FROM/)
    .first()
    .waitFor()
  await picture(page, 'asking')
  const other = await openSeat(browser, `${world.slackUrl}/?as=approver`)
  await other.page.getByRole('button', { name: 'general' }).click()
  await picture(other.page, 'approver')
  await other.page
    .getByRole('button', { name: /repl(y|ies)/ })
    .last()
    .click()
  await other.page.getByRole('button', { name: 'Approve', exact: true }).click()
  await other.page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click()
  await thread.getByText('one employee less').waitFor()
  await picture(page, 'approved')
  await page.getByRole('button', { name: 'Patchbay Home' }).click()
  await page.getByText('Recent requests').waitFor()
  await picture(page, 'home')
  await page.getByRole('button', { name: 'What just happened' }).click()
  await page
    .getByRole('button', { name: /chat.postMessage/ })
    .first()
    .click()
  await picture(page, 'drawer')
  expect([...troubles, ...other.troubles]).toEqual([])
})
