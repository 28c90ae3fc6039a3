import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { IN_BROWSER_MS, openBrowser, openSeat, picture } from '../../support/browser.ts'
import { says } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const file = (name: string, mimeType: string, text: string) => ({ name, mimeType, buffer: Buffer.from(text) })

test('files are chosen, one is taken back, what cannot be read is said, and the drawer shows the download', async () => {
  await using world = await startWorld({ model: [says('Ada is 36.')] })
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  const composer = page.getByRole('combobox', { name: 'Message Patchbay' })
  await composer.fill('how old is Ada?')
  await page
    .locator('.main')
    .getByLabel('Attach files')
    .setInputFiles([
      file('people.csv', 'text/csv', 'name,age\nAda,36'),
      file('wrong.txt', 'text/plain', 'not this one'),
      file('all.zip', 'application/zip', 'PK\u0003\u0004\u0014\0\0\0\b\0'),
    ])
  await page.getByRole('button', { name: 'Remove wrong.txt' }).click()
  await picture(page, 'attached')
  await composer.press('Enter')
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByText('Ada is 36.').waitFor()
  await thread.getByText(/could not read all\.zip/).waitFor()
  await thread.getByRole('link', { name: /people\.csv/ }).waitFor()
  expect(await page.getByText('wrong.txt').count()).toBe(0)
  await picture(page, 'files')
  const asked = JSON.stringify(world.model.requests.at(-1)?.messages)
  expect(asked).toContain('Ada,36')
  expect(asked).not.toContain('not this one')

  await page.getByRole('button', { name: 'What just happened' }).click()
  const drawer = page.getByRole('complementary', { name: 'What just happened' })
  await drawer.getByLabel('Find by name').fill('url_private')
  await drawer
    .getByRole('button', { name: /url_private ok/ })
    .first()
    .click()
  await drawer
    .getByText(/people\.csv|all\.zip/)
    .first()
    .waitFor()
  expect(troubles).toEqual([])
})

test('a file that cannot be sent is said, and stays with what was typed', async () => {
  await using world = await startWorld()
  const { page } = await openSeat(browser, `${world.slackUrl}/?as=member#/CGENERAL1`)
  const composer = page.getByRole('combobox', { name: 'Message #general' })
  await composer.fill('look at this')
  await page
    .locator('.main')
    .getByLabel('Attach files')
    .setInputFiles(file('nothing.txt', 'text/plain', ''))
  await composer.press('Enter')
  await page.getByRole('alert').getByText('nothing.txt is empty').waitFor()
  await page.getByRole('button', { name: 'Remove nothing.txt' }).waitFor()
  expect(await composer.inputValue()).toBe('look at this')
  await picture(page, 'file-refused')
  expect(await world.as('member').messages('general')).toEqual([])
})
