import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { IN_BROWSER_MS, openBrowser, openSeat, pictures } from '../../support/browser.ts'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, until } from '../emulator-with-bolt.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

async function openRoom(as: string, channel: string) {
  const app = await startStubApp()
  const people = controls(app.slack)
  const { page, troubles } = await openSeat(browser, `${app.url}/?as=${as}#/${channel}`)
  await page.locator('.composer-text').waitFor()
  const row = (text: string) => page.locator('.message').filter({ hasText: text }).last()
  const choose = async (text: string, action: string) => {
    await row(text).hover()
    await row(text).getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: action }).click()
  }
  return { app, people, page, troubles, row, choose, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

test('a person edits, forwards and deletes a message of their own', async () => {
  await using room = await openRoom('member', 'COPS00001')
  await room.people.act('say', { as: 'member', channel: 'ops', text: 'ask @Avery Approver & @oncall' })
  await room.row('@oncall').waitFor()
  await room.choose('@oncall', 'Edit message')
  const field = room.page.getByRole('textbox', { name: 'Edit message' })
  expect(await field.inputValue()).toBe('ask @Avery Approver & @oncall')
  await pictures(room.page, 'edit-message')
  await field.fill('ask @Olivia Owner')
  await field.press('Enter')
  await room.row('@Olivia Owner').getByText('(edited)').waitFor()

  await room.choose('@Olivia Owner', 'Forward message')
  await room.page.getByLabel('Message (optional)').fill('who is this for?')
  await pictures(room.page, 'forward-message')
  await room.page.getByRole('button', { name: 'Forward', exact: true }).click()
  const share = { text: 'ask <@UOWNER01>', author_name: 'Morgan Member', is_share: true }
  const [forwarded] = await until(async () => (await room.people.messages('member', 'dm')).slice(-1))
  expect(forwarded).toMatchObject({ text: 'who is this for?', attachments: [share] })

  await room.choose('@Olivia Owner', 'Delete message')
  await room.page.getByRole('button', { name: 'Delete', exact: true }).click()
  await room.row('@Olivia Owner').waitFor({ state: 'detached' })
  expect(room.troubles).toEqual([])
})

test.each([
  ['member', ['Forward message']],
  ['owner', ['Forward message', 'Delete message']],
])('%s may do with a card of the app: %j', async (as, offered) => {
  await using room = await openRoom(as, 'COPS00001')
  await room.app.call('chat.postMessage', { channel: 'COPS00001', text: 'a card' })
  await room.row('a card').hover()
  await room.row('a card').getByRole('button', { name: 'More actions' }).click()
  const words = await room.page.getByRole('menuitem').allTextContents()
  expect(words.filter((one) => one.endsWith('message'))).toEqual(offered)
})

test('alerts of other apps are shown with all their words', async () => {
  await using room = await openRoom('owner', 'CALERTS01')
  await room.row('Checkout is slow').getByText('4.2 s').waitFor()
  await room.row('Deploy failed').getByText('timed out after 300 s').waitFor()
  await pictures(room.page, 'alerts')
})

test('a table that is pasted from a spreadsheet becomes a table', async () => {
  await using room = await openRoom('member', 'COPS00001')
  const paste = (text: string) => `{
    const data = new DataTransfer()
    data.setData('text/plain', ${JSON.stringify(text)})
    const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
    document.querySelector('.composer-text').dispatchEvent(paste)
  }`
  await room.page.evaluate(paste('no table\nat all'))
  await room.page.evaluate(paste('Day\tp95\r\nMon\t4.2\r\nTue\t\r\n'))
  await room.page.getByText('Table, 3 × 2').waitFor()
  await room.page.getByRole('button', { name: 'Send' }).click()
  await room.row('p95').locator('table').waitFor()
  const cells = await room.row('p95').locator('th, td').allTextContents()
  expect(cells).toEqual(['Day', 'p95', 'Mon', '4.2', 'Tue', ''])
  const [said] = (await room.people.messages('owner', 'ops')).slice(-1)
  expect(said).toMatchObject({ text: '', attachments: [{ blocks: [{ type: 'table' }] }] })
})

test('/me says it of oneself, and a reply goes to the channel, too', async () => {
  await using room = await openRoom('member', 'COPS00001')
  const composer = room.page.getByRole('combobox', { name: 'Message #ops' })
  await composer.fill('/me looks at the logs')
  await composer.press('Enter')
  const [said] = await until(async () => {
    const all = await room.people.messages('owner', 'ops')
    return all.length > 0 && all
  })
  expect(said).toMatchObject({ text: 'looks at the logs', subtype: 'me_message' })
  await room.row('looks at the logs').hover()
  await room.row('looks at the logs').getByRole('button', { name: 'Reply in thread' }).click()
  await room.page.getByLabel('Also send to #ops').check()
  await room.page.getByRole('combobox', { name: 'Reply' }).fill('found it')
  await room.page.getByRole('combobox', { name: 'Reply' }).press('Enter')
  await room.page.locator('.main .message').getByText('replied to a thread').waitFor()
})

test('an owner renames and archives a channel, and everybody may leave it', async () => {
  await using room = await openRoom('owner', 'COPS00001')
  const { page } = room
  const choose = async (name: string, action: string) => {
    await page.getByRole('button', { name: `Actions for #${name}` }).click()
    await page.getByRole('menuitem', { name: action }).click()
  }
  await choose('ops', 'Rename channel')
  await page.getByRole('textbox', { name: 'Name' }).fill('operations')
  await page.getByRole('button', { name: 'Rename', exact: true }).click()
  await room.row('"ops" to "operations"').waitFor()
  await choose('operations', 'Archive channel')
  await page.getByText('is archived').waitFor()
  await choose('operations', 'Unarchive channel')
  await page.locator('.composer-text').waitFor()
  await pictures(page, 'channel-notices')
  await choose('operations', 'Leave channel')
  // The head's menu is named after the channel as well.
  await page.getByRole('button', { name: 'operations' }).first().waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'general' }).click()
  expect(await page.getByRole('button', { name: 'Actions for #general' }).count()).toBe(0)
})

test('who is no full member is marked', async () => {
  await using room = await openRoom('owner', 'CPARTNER1')
  await room.people.act('say', { as: 'sasha', channel: 'partners', text: 'hello from outside' })
  await room.row('hello from outside').getByText('External').waitFor()
  await room.people.act('person', { name: 'sasha', real_name: 'Sasha Stranger', standing: 'deactivated' })
  await room.row('hello from outside').getByText('Deactivated').waitFor()
  expect(await room.page.getByRole('group', { name: 'Who you are' }).getByRole('link').count()).toBe(3)
})
