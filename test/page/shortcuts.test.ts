import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFindings } from '../support/axe.ts'
import { openBrowser, openSeat, picture } from '../support/browser.ts'
import { says } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

test('a message is asked about from its menu, and the answer comes in its thread', async () => {
  await using world = await startWorld({ model: [says('They met at noon.')] })
  await world.as('owner').say('general', 'We met at noon and chose blue.')
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member#/CGENERAL1`)
  const message = page.getByRole('listitem').filter({ hasText: 'We met at noon' })
  await message.hover()
  await message.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Ask Patchbay about this' }).waitFor()
  await picture(page, 'message-menu')
  expect(await seriousFindings(page)).toEqual([])
  await page.getByRole('menuitem', { name: 'Ask Patchbay about this' }).click()
  const form = page.getByRole('dialog')
  const question = form.getByLabel('What do you want to know')
  await form.getByText('We met at noon and chose blue.').waitFor()
  await picture(page, 'ask-about')
  expect(await seriousFindings(page)).toEqual([])
  await question.fill('when did they meet?')
  await form.getByRole('button', { name: 'Ask' }).click()
  await form.waitFor({ state: 'detached' })
  await message.getByRole('button', { name: /repl(y|ies)/ }).click()
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByText('They met at noon.').waitFor()
  await picture(page, 'asked-about')
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('chose blue')
  expect(troubles).toEqual([])
})

test('the global shortcut opens the connect form by keyboard; menus and modals keep and give back the focus', async () => {
  await using world = await startWorld()
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  const zap = page.getByRole('button', { name: 'Shortcuts' })
  const focused = (selector: string) => page.locator(`${selector}:focus`).waitFor()
  await zap.focus()
  await page.keyboard.press('Enter')
  await focused('[role="menuitem"]')
  await picture(page, 'shortcuts-menu')
  expect(await seriousFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.getByRole('menu').waitFor({ state: 'detached' })
  await focused('[aria-label="Shortcuts"]')

  await page.keyboard.press('Enter')
  await focused('[role="menuitem"]')
  await page.keyboard.press('Enter')
  const form = page.getByRole('dialog', { name: 'Connect a tool' })
  await form.waitFor()
  await focused('dialog input')
  await picture(page, 'connect-picker')
  for (let tabs = 0; tabs < 12; tabs++) {
    await page.keyboard.press('Tab')
    // The browser's own toolbar is a stop of its dialogs, and nothing behind them is.
    expect(
      await page.evaluate(
        'document.activeElement.closest("dialog") !== null || document.activeElement === document.body',
      ),
    ).toBe(true)
  }
  await form.getByRole('combobox', { name: 'Service' }).focus()
  await page.keyboard.type('memo')
  await page.getByRole('option', { name: 'Memory' }).waitFor()
  await picture(page, 'connect-picker-open')
  await page.keyboard.press('Escape')
  await page.getByRole('option', { name: 'Memory' }).waitFor({ state: 'detached' })
  await page.keyboard.type('memo')
  await page.keyboard.press('Enter')
  await form.getByLabel('Name').waitFor()
  await page.keyboard.press('Escape')
  await form.waitFor({ state: 'detached' })
  await focused('[aria-label="Shortcuts"]')
  expect(troubles).toEqual([])
})

test('a message, its menu, a thread and the way back, all by keyboard', async () => {
  await using world = await startWorld({ model: [says('First.'), says('Second.')] })
  await world.as('owner').say('general', 'The first message here.')
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  const focused = (selector: string) => page.locator(`${selector}:focus`).waitFor()
  await page.getByRole('button', { name: 'general' }).focus()
  await page.keyboard.press('Enter')
  const composer = page.getByRole('combobox', { name: 'Message #general' })
  await composer.focus()
  await page.keyboard.type('@Pa')
  await page.getByRole('option', { name: '@Patchbay' }).waitFor()
  await picture(page, 'mention-hints')
  await page.keyboard.press('Enter')
  await page.keyboard.type('say something')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('in two lines')
  await page.keyboard.press('Enter')
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByText('First.', { exact: true }).waitFor()
  expect(JSON.stringify(world.model.requests[0]?.messages)).toContain('say something\\nin two lines')
  await thread.getByRole('combobox', { name: 'Reply…' }).focus()
  await page.keyboard.type('go on')
  await page.keyboard.press('Enter')
  await thread.getByText('Second.', { exact: true }).waitFor()
  await page.keyboard.press('Escape')
  await thread.waitFor({ state: 'detached' })
  await focused('.main .composer-text')

  const old = page.getByRole('listitem').filter({ hasText: 'The first message' })
  await old.getByRole('button', { name: 'More actions' }).focus()
  await page.keyboard.press('Enter')
  await focused('[role="menuitem"]')
  await page.keyboard.press('Tab')
  await page.getByRole('menu').waitFor({ state: 'detached' })
  await old.getByRole('button', { name: 'Reply in thread' }).focus()
  await page.keyboard.press('Enter')
  await thread.getByText('The first message here.').waitFor()
  expect(troubles).toEqual([])
})
