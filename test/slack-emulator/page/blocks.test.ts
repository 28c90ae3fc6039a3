import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { IN_BROWSER_MS, openBrowser, openSeat, picture } from '../../support/browser.ts'
import { eventually } from '../../support/eventually.ts'
import { type Payload, startStubApp } from '../../support/stub-app.ts'
import { FORM, MESSAGES } from './gallery.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

test('shows every block, and presses reach the app', async () => {
  await using app = await startStubApp()
  for (const blocks of MESSAGES) await app.call('chat.postMessage', { channel: 'CGENERAL1', text: 'gallery', blocks })
  const { page, troubles } = await openSeat(browser, `${app.url}/?as=member#/CGENERAL1`, { height: 4600 })
  await page.getByText('A tour').first().waitFor()
  expect(await page.locator('.unknown').allTextContents()).toEqual([])
  expect(await page.locator('img[onerror]').count(), 'text is never taken for HTML').toBe(0)
  await page.getByRole('button', { name: /Read the page/ }).click()
  await page.getByRole('link', { name: 'Where it stands' }).waitFor()
  await picture(page, 'blocks')

  const actions = (): unknown[] => app.heard.filter((one) => one.type === 'block_actions').map((one) => one.actions)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click()
  await page.getByRole('combobox', { name: 'Pick a colour' }).click()
  await page.keyboard.type('gre')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Good' }).click()
  await page.getByRole('button', { name: 'More actions' }).first().click()
  await page.getByRole('menuitem', { name: 'Green' }).click()
  await page.getByRole('combobox', { name: 'Pick a conversation' }).fill('ops')
  await page.keyboard.press('Enter')
  await page.getByRole('combobox', { name: 'Pick people' }).fill('avery')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.getByLabel('Blue').first().check()
  await page.getByLabel('Time').fill('09:30')
  await eventually(() => expect(actions()).toHaveLength(8))
  expect(actions()).toMatchObject([
    [{ action_id: 'approve', value: 'approve' }],
    [{ action_id: 'colour', selected_option: { value: 'green' } }],
    [{ action_id: 'feedback', value: 'good' }],
    [{ action_id: 'more', selected_option: { value: 'green' } }],
    [{ action_id: 'where', selected_conversation: 'COPS00001' }],
    [{ action_id: 'who', selected_users: ['UAPPROV1'] }],
    [{ action_id: 'one', selected_option: { value: 'blue' } }],
    [{ action_id: 'hour', selected_time: '09:30' }],
  ])
  expect(troubles).toEqual([])
})

test('a form takes every kind of input by keyboard, and shows what is wrong with it', async () => {
  let asked = 0
  const answer = async (payload: Payload) => {
    if (payload.command === '/mcp') await app.call('views.open', { trigger_id: payload.trigger_id, view: FORM })
    if (payload.type === 'block_suggestion')
      return { options: [{ text: { type: 'plain_text', text: 'Found it' }, value: 'f' }] }
    if (payload.type === 'view_submission' && asked++ === 0)
      return { response_action: 'errors', errors: { name: 'That name is taken.' } }
    return undefined
  }
  await using app = await startStubApp(answer)
  const { page, troubles } = await openSeat(browser, `${app.url}/?as=member`, { height: 2000 })
  await page.getByRole('combobox', { name: 'Message Patchbay' }).fill('/mcp everything')
  await page.keyboard.press('Enter')
  const form = page.getByRole('dialog')
  await form.getByLabel('Name').waitFor()
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByText('Please complete this required field.').waitFor()
  await page.keyboard.type('first')
  await form.getByLabel('API token').fill('hunter2-very-secret')
  await form.getByLabel('How many').fill('3')
  await form.getByLabel('Email').fill('a@example.com')
  await form.getByLabel('Rich text').fill('some words')
  await form.getByLabel('Colour', { exact: false }).first().click()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await form.getByLabel('Search').fill('fo')
  await page.getByRole('option', { name: 'Found it' }).click()
  await form.getByLabel('Person').fill('Avery')
  await page.keyboard.press('Enter')
  await form.getByLabel('Day').fill('2026-12-24')
  await form.getByLabel('Green').first().check()
  await picture(page, 'form')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByText('That name is taken.').waitFor()
  await picture(page, 'form-errors')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.waitFor({ state: 'detached' })
  const sent = app.heard.filter((one) => one.type === 'view_submission').at(-1)
  expect(sent).toMatchObject({
    view: {
      state: {
        values: {
          name: { name: { value: 'first' } },
          count: { count: { value: '3' } },
          colour: { colour: { selected_option: { value: 'green' } } },
          found: { found: { selected_option: { value: 'f' } } },
          person: { person: { selected_user: 'UAPPROV1' } },
          day: { day: { selected_date: '2026-12-24' } },
          boxes: { boxes: { selected_options: [{ value: 'green' }] } },
        },
      },
    },
  })
  const traffic = await (await fetch(`${app.url}/local/traffic`)).text()
  expect(traffic).toContain('view_submission')
  expect(traffic).not.toContain('hunter2')
  expect(traffic).not.toMatch(/xoxb-local/)
  expect(troubles).toEqual([])
})

test('an app that does not answer a form is said in the form, which stays', async () => {
  const answer = async (payload: Payload) => {
    if (payload.command === '/mcp') await app.call('views.open', { trigger_id: payload.trigger_id, view: FORM })
    // Slack waits three seconds.
    return payload.type === 'view_submission' ? new Promise<never>(() => undefined) : undefined
  }
  await using app = await startStubApp(answer)
  const { page } = await openSeat(browser, `${app.url}/?as=member`)
  await page.getByRole('combobox', { name: 'Message Patchbay' }).fill('/mcp everything')
  await page.keyboard.press('Enter')
  const form = page.getByRole('dialog')
  await form.getByLabel('Name').fill('first')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByRole('alert').getByText('We had some trouble connecting.').waitFor()
  expect(await form.getByLabel('Name').inputValue()).toBe('first')
  await picture(page, 'form-unanswered')
})

test('400 px are enough', async () => {
  await using app = await startStubApp()
  await app.call('chat.postMessage', { channel: 'CGENERAL1', text: 'gallery', blocks: MESSAGES[0] })
  const { page } = await openSeat(browser, `${app.url}/?as=member#/CGENERAL1`, { width: 400, height: 800 })
  await page.getByRole('button', { name: 'Approve' }).waitFor()
  await picture(page, 'narrow')
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400)
  await page.getByRole('button', { name: 'Conversations' }).click()
  await picture(page, 'narrow-menu')
  await page.getByRole('button', { name: 'ops', exact: true }).click()
  await page.getByText('very beginning of #ops').waitFor()
})

test('what it does not know is shown as such', async () => {
  await using app = await startStubApp()
  const blocks = [
    { type: 'hologram', block_id: 'h' },
    { type: 'actions', block_id: 'a', elements: [{ type: 'lever', action_id: 'l' }] },
  ]
  const { page } = await openSeat(browser, 'about:blank')
  // The workspace itself refuses such blocks, so they come from a newer one.
  const messages = [{ ts: '1795250163.590000', from: 'Patchbay', user: 'UPATCHB1', text: '', blocks }]
  await page.route('**/local/messages?*', (route) => route.fulfill({ json: { messages } }))
  await page.goto(`${app.url}/?as=member`)
  await page.getByText('This page cannot show the block “hologram”').waitFor()
  await page.getByText('This page cannot show the element “lever”').waitFor()
})

test('the page weighs at most 150 KB compressed', async () => {
  await using app = await startStubApp()
  const { page } = await openSeat(browser, 'about:blank')
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  let bytes = 0
  session.on('Network.loadingFinished', (event) => {
    bytes += event.encodedDataLength
  })
  await page.goto(`${app.url}/?as=member`)
  await page.getByRole('combobox', { name: 'Message Patchbay' }).waitFor()
  console.log(`page weight: ${(bytes / 1024).toFixed(1)} KB`)
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes).toBeLessThanOrEqual(150 * 1024)
})
