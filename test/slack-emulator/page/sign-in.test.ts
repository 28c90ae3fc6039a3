import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Protected, startProtected } from '../../fixtures/authorization-server.ts'
import { IN_BROWSER_MS, openBrowser, openSeat, picture, pictures } from '../../support/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { says, wishes } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
let server: Protected
let world: World
beforeAll(async () => {
  browser = await openBrowser()
  server = await startProtected()
  world = await startWorld({ change: (settings) => ({ ...settings, egressAllow: server.hosts }) })
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await browser.close()
})

const FROM_THE_END =
  '(({ scrollHeight, scrollTop, clientHeight }) => Math.floor(scrollHeight - scrollTop - clientHeight))(document.querySelector(".thread .scroll"))'

/** Presses the button that leads to the browser, goes on from our page, and comes back with the page one ends at. */
async function goThere(page: Page): Promise<Page> {
  const opened = page.context().waitForEvent('page')
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in to Custom server' }).click()
  const there = await opened
  await there.getByRole('link', { name: 'Continue to' }).waitFor()
  await pictures(there, 'page-sign-in')
  await there.getByRole('link', { name: 'Continue to' }).click()
  await there.waitForURL(/oauth.callback/)
  return there
}

/** Enters the code that the page shows. */
async function enterCode(page: Page, there: Page): Promise<void> {
  const code = await there.locator('output').innerText()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Code').fill(code)
  await dialog.getByRole('button', { name: 'Finish' }).click()
}

test('from the connect modal to the browser and back: refused first, then signed in, and told once', async () => {
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  await page.getByRole('combobox', { name: 'Message Patchbay' }).fill('/mcp connect custom')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Address').fill(server.url)
  await page.keyboard.press('Enter')
  await dialog.getByText('this window asks for the code').waitFor()
  await pictures(page, 'sign-in')
  server.does.deny = true
  const refused = await goThere(page)
  await refused.getByRole('heading', { name: 'Not signed in' }).waitFor()
  await pictures(refused, 'page-not-signed-in')
  await refused.close()
  await dialog.getByText('did not let you in').waitFor()
  await pictures(page, 'sign-in-refused')
  server.does.deny = false

  expect(await dialog.getByLabel('Address').inputValue()).toBe(server.url)
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click()
  const signedIn = await goThere(page)
  await signedIn.getByRole('heading', { name: 'One step left' }).waitFor()
  await pictures(signedIn, 'page-code')
  await dialog.getByLabel('Code').waitFor()
  await pictures(page, 'sign-in-code')
  await enterCode(page, signedIn)
  await signedIn.reload()
  await signedIn.getByRole('heading', { name: 'Nothing to do here' }).waitFor()
  await pictures(signedIn, 'page-used-link')
  await signedIn.close()
  await dialog.getByText('Connected! 2 custom tools').waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(await page.getByText('Connected! 2 custom tools').count()).toBe(0)
  expect(troubles).toEqual([])
})

test('a sign-in that has ended and one that allows too little: a card in the thread, and the run goes on', async () => {
  server.endAll()
  world.model.script(wishes('custom__write', {}), says('It is written.'))
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  await page.getByRole('combobox', { name: 'Message Patchbay' }).fill('write it')
  await page.keyboard.press('Enter')
  const thread = page.getByRole('complementary', { name: 'Thread' })
  const dialog = page.getByRole('dialog')
  await thread.getByRole('button', { name: 'Approve', exact: true }).click()
  await thread.getByText('Your sign-in to Custom server has ended').waitFor()
  await pictures(page, 'sign-in-ended')
  for (const width of [1280, 400, 1280]) {
    await page.setViewportSize({ width, height: 600 })
    await eventually(async () => expect(await page.evaluate(FROM_THE_END), `the end, ${width} px wide`).toBe(0))
  }
  for (const asked of ['has ended', 'more permission']) {
    await thread.getByText(asked).waitFor()
    await thread.getByRole('button', { name: 'Sign in', exact: true }).click()
    await dialog.getByText(asked).waitFor()
    const there = await goThere(page)
    await enterCode(page, there)
    await there.close()
    await dialog.getByText('Signed in to').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  }
  await thread.getByText('It is written.').waitFor()
  expect(await thread.getByText('Signed in by').count()).toBe(2)
  expect(await thread.getByText('Only visible to you').count()).toBe(0)
  await picture(page, 'sign-in-over')
  expect(server.writes()).toBe(1)
  expect(troubles).toEqual([])
})
