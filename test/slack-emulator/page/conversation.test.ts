import type { Browser, Locator } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { seriousFindings } from '../../support/axe.ts'
import { IN_BROWSER_MS, openBrowser, openSeat, pictures } from '../../support/browser.ts'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, plain } from '../emulator-with-bolt.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

async function openGeneral() {
  const app = await startStubApp()
  const { page, troubles } = await openSeat(browser, `${app.url}/?as=owner#/CGENERAL1`)
  await page.getByRole('combobox', { name: 'Message #general' }).waitFor()
  const last = page
    .getByRole('listitem')
    .filter({ has: page.locator('.message-body') })
    .last()
  return {
    app,
    people: controls(app.slack),
    page,
    troubles,
    last,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

const hints = (list: Locator) => list.getByRole('option').allTextContents()

test('who comes later is offered, named and mentioned by the name all see, without a reload', async () => {
  await using room = await openGeneral()
  const { page, people } = room
  await people.act('person', { name: 'zada', real_name: 'Zada Newcomer' })
  await page.getByRole('link', { name: 'Zada Newcomer' }).first().waitFor()
  const composer = page.getByRole('combobox', { name: 'Message #general' })
  await composer.pressSequentially('ask @zad')
  expect(await hints(page.getByRole('listbox'))).toEqual(['@Zada Newcomer@zada'])
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.locator('.mention', { hasText: '@Zada Newcomer' }).waitFor()
  await people.act('person', { name: 'zada', real_name: 'Zada Gone', standing: 'deactivated' })
  await page.locator('.mention', { hasText: '@Zada Gone' }).waitFor()
  expect(await page.getByRole('link', { name: /Zada/ }).count()).toBe(0)
  expect(room.troubles).toEqual([])
})

test('typed markup is shown as Slack shows it', async () => {
  await using room = await openGeneral()
  const text = 'first\n> said *so*\n```\nif (a < b && *c*)\n```\n• one\n• two with https://example.com/a?b=1&c=2.'
  await room.people.act('say', { as: 'member', channel: 'general', text })
  const { last } = room
  await last.getByText('said').waitFor()
  expect(await last.locator('blockquote').innerHTML()).toBe('said <strong>so</strong>')
  expect(await last.locator('pre').textContent()).toBe('if (a < b && *c*)')
  expect(await last.locator('li').allTextContents()).toEqual(['one', 'two with https://example.com/a?b=1&c=2.'])
  expect(await last.locator('a').getAttribute('href')).toBe('https://example.com/a?b=1&c=2')
  await pictures(room.page, 'typed-markup')
  expect(await seriousFindings(room.page)).toEqual([])
})

test.each([
  ['see https://example.com/a_b_c, ok', '<a href="https://example.com/a_b_c"'],
  ['(https://example.com/x?a=1&amp;b=2)', '<a href="https://example.com/x?a=1&amp;b=2"'],
  ['<https://example.com|here> and `https://example.com`', '<code>https://example.com</code>'],
  ['*https://example.com/bold*', '<strong><a href="https://example.com/bold"'],
  ['in <#CNOWHERE1>', '#private channel'],
  ['in <#CNOWHERE1|known>', '#known'],
])('an app says %s', async (text, html) => {
  await using room = await openGeneral()
  await room.app.call('chat.postMessage', { channel: 'CGENERAL1', text })
  await room.last.waitFor()
  expect(await room.last.locator('.message-body').innerHTML()).toContain(html)
})

test.each([
  [
    { type: 'users_select' },
    [
      'Olivia Owner@owner',
      'Avery Approver@approver',
      'Morgan Member@member',
      'Gwen Guest@gwen',
      'Sasha Stranger@sasha',
    ],
  ],
  [{ type: 'channels_select' }, ['#general', '#ops', '#alerts', '#partners']],
  [{ type: 'conversations_select' }, ['#general', '#ops', '#alerts', '#partners', '#board']],
  [{ type: 'conversations_select', filter: { include: ['private'] } }, ['#board']],
])('the menu %j offers %j', async (menu, offered) => {
  await using room = await openGeneral()
  await room.people.act('channel', { name: 'board', kind: 'private_channel', members: ['owner', 'patchbay'] })
  const element = { ...menu, action_id: 'pick', placeholder: plain('Pick one') }
  const blocks = [{ type: 'actions', elements: [element] }]
  await room.app.call('chat.postMessage', { channel: 'CGENERAL1', text: 'x', blocks })
  await room.page.getByPlaceholder('Pick one').click()
  expect(await hints(room.page.getByRole('listbox', { name: 'Pick one' }))).toEqual(offered)
})

test('a command nobody has is told to the person alone; an archived channel takes nothing', async () => {
  await using room = await openGeneral()
  const { page } = room
  await page.getByRole('combobox', { name: 'Message #general' }).fill('/nope at all')
  await page.keyboard.press('Enter')
  await room.last.getByText('/nope is not a valid command.').waitFor()
  await room.last.getByText('Only visible to you').waitFor()
  expect(room.app.heard.some(({ command }) => command !== undefined)).toBe(false)
  await room.people.act('archive', { channel: 'general' })
  await page.getByText('#general is archived: nobody can write here.').waitFor()
  expect(await page.getByRole('combobox', { name: 'Message #general' }).count()).toBe(0)
  await room.people.act('archive', { channel: 'general', archived: false })
  await page.getByRole('combobox', { name: 'Message #general' }).waitFor()
  expect(room.troubles).toEqual([])
})
