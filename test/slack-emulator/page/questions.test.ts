import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { IN_BROWSER_MS, openBrowser, openSeat, picture, pictures } from '../../support/browser.ts'
import { startServerProcess } from '../../support/mcp-house.ts'
import { local } from '../../support/offering.ts'
import { says, together, wishes } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
let world: World
beforeAll(async () => {
  browser = await openBrowser()
  world = await startWorld(local)
  await world.as('member').connect('everything')
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await browser.close()
})

const seat = (place = '') => openSeat(browser, `${world.slackUrl}/?as=member${place}`)

test('a server’s form: each kind of field, what is wrong with one, the time that is left, and the answer', async () => {
  world.model.script(wishes('everything__trigger-elicitation-request'), says('Thank you.'))
  const { page, troubles } = await seat()
  await page.getByRole('combobox', { name: 'Message Patchbay' }).fill('ask me')
  await page.keyboard.press('Enter')
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByRole('button', { name: 'Approve', exact: true }).click()
  await thread.getByText(/\d:\d\d left, until/).waitFor()
  await pictures(page, 'question')
  await thread.getByRole('button', { name: 'Answer', exact: true }).click()
  const form = page.getByRole('dialog')
  await form.getByText('It waits until').waitFor()
  await pictures(page, 'question-form')
  await form.getByLabel('String', { exact: true }).fill('Ada')
  await form.getByLabel('Integer').fill('400')
  await form.getByRole('button', { name: 'Send' }).click()
  const wrong = form.locator('.field-trouble')
  await wrong.waitFor()
  const below = await form.locator('.modal-foot').boundingBox()
  const words = await wrong.boundingBox()
  expect((words?.y ?? 9_999) + (words?.height ?? 0), 'what is wrong is in view').toBeLessThan(below?.y ?? 0)
  await picture(page, 'question-wrong')
  await form.getByLabel('Integer').fill('40')
  await form.getByRole('button', { name: 'Send' }).click()
  await thread.getByText('Thank you.').waitFor()
  await thread.getByText('Answered by').waitFor()
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('Ada')
  expect(troubles).toEqual([])
})

test('a page to open in a channel: its host and whole address for who asked, and a word when one is done', async () => {
  await using asks = await startServerProcess('http-asks.ts', ['0'])
  await world.as('member').connect('custom', { Name: 'shop', Address: `http://127.0.0.1:${asks.port}/mcp` })
  world.model.script(wishes('shop__page', { url: 'https://pay.example.com:8443/order?id=7' }), says('Paid.'))
  const { page, troubles } = await seat('#/CGENERAL1')
  await page.getByRole('combobox', { name: 'Message #general' }).fill('@Patchbay pay it')
  await page.keyboard.press('Enter')
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByRole('button', { name: 'Approve', exact: true }).click()
  await thread.getByRole('button', { name: 'See the page' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('unusual port 8443').waitFor()
  await pictures(page, 'question-page')
  await dialog.getByRole('button', { name: 'I’m done' }).click()
  await dialog.getByText('Thanks, I will continue').waitFor()
  await page.keyboard.press('Escape')
  await thread.getByText('Paid.').waitFor()
  await thread.getByText('Done by').waitFor()
  expect(troubles).toEqual([])
})

test('what a server sends back is seen: how far it is, pictures, links, and each step as a line', async () => {
  world.model.script(
    wishes('everything__trigger-long-running-operation', { duration: 6, steps: 6 }),
    together(wishes('everything__get-tiny-image'), wishes('everything__get-resource-links', { count: 2 })),
    says('There it is.'),
  )
  const { page, troubles } = await seat()
  await page.getByRole('combobox', { name: 'Message Patchbay' }).fill('take your time')
  await page.keyboard.press('Enter')
  const thread = page.getByRole('complementary', { name: 'Thread' })
  // The line and its task are both in the page for a moment.
  await thread
    .getByText(/\(\d+%\)/)
    .first()
    .waitFor()
  await picture(page, 'progress')
  await thread.getByText('There it is.').waitFor()
  await thread.getByRole('img', { name: /image\.png/ }).waitFor()
  await thread.getByText('Text Resource 2').waitFor()
  await pictures(page, 'results')
  expect(troubles).toEqual([])
})
