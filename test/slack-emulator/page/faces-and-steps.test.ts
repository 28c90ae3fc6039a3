import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { IN_BROWSER_MS, openBrowser, openSeat, picture, pictures } from '../../support/browser.ts'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, until } from '../emulator-with-bolt.ts'
import { ASK_AGENT, manifestWith } from '../manifest-with.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const Executed = z.object({
  event: z.looseObject({ function_execution_id: z.string(), inputs: z.record(z.string(), z.unknown()) }),
})

async function openRoom(as = 'member', channel = 'COPS00001') {
  const app = await startStubApp()
  const optional = ['chat:write.customize', 'reactions:read', 'usergroups:write']
  app.slack.setManifest(
    manifestWith({ optional, functions: ASK_AGENT, events: ['function_executed', 'reaction_added'] }),
  )
  const { page, troubles } = await openSeat(browser, `${app.url}/?as=${as}#/${channel}`)
  await page.locator('.composer-text').waitFor()
  const row = (text: string) => page.locator('.message').filter({ hasText: text }).last()
  return {
    app,
    people: controls(app.slack),
    page,
    troubles,
    row,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

test('an app under other names shows name, face and that it is an app; two names are not put together', async () => {
  await using room = await openRoom()
  const post = (args: object) => room.app.call('chat.postMessage', { channel: 'COPS00001', ...args })
  await post({ text: 'two problems', username: 'Reviewer', icon_emoji: ':mag:' })
  await post({ text: 'three tables', username: 'Morgan Member', icon_emoji: ':no_such_face:' })
  await post({ text: 'as myself' })
  for (const [text, name, face] of [
    ['two problems', 'Reviewer', '🔍'],
    ['three tables', 'Morgan Member', 'P'],
    ['as myself', 'Patchbay', 'P'],
  ] as const) {
    const head = room.row(text)
    await head.locator('.message-name').getByText(name, { exact: true }).waitFor()
    await head.locator('.badge').getByText('APP', { exact: true }).waitFor()
    expect(await head.locator('.avatar').first().textContent()).toBe(face)
  }
  const { ts } = await room.people.act('say', { as: 'member', channel: 'ops', text: 'go on' })
  const status = {
    channel_id: 'COPS00001',
    thread_ts: ts,
    status: 'processing',
    username: 'Reviewer',
    icon_emoji: ':mag:',
  }
  await room.app.call('agents.sessions.setStatus', status)
  await room.row('go on').hover()
  await room.row('go on').getByRole('button', { name: 'Reply in thread' }).click()
  await room.page.getByText('Reviewer is working…').waitFor()
  await pictures(room.page, 'app-faces')
  expect(room.troubles).toEqual([])
})

test('a person reacts by mouse, joins a reaction and takes it back', async () => {
  await using room = await openRoom()
  const { ts } = await room.people.act('say', { as: 'owner', channel: 'ops', text: 'login is broken' })
  await room.row('login').hover()
  await room.row('login').getByRole('button', { name: 'Add reaction' }).click()
  await picture(room.page, 'reaction-picker')
  await room.page.getByRole('menuitem', { name: 'bug', exact: true }).click()
  const pill = room.row('login').getByRole('button', { name: 'bug: 1' })
  await pill.waitFor()
  await until(() => JSON.stringify(room.app.heard).includes('reaction_added'))
  await room.people.act('react', { as: 'approver', channel: 'ops', ts, emoji: 'bug' })
  const both = room.row('login').getByRole('button', { name: 'bug: 2' })
  await both.waitFor()
  await pictures(room.page, 'reactions')
  await both.click()
  await room.row('login').getByRole('button', { name: 'bug: 1', pressed: false }).click()
  await both.waitFor()
  expect(room.troubles).toEqual([])
})

test('a group that the app made is offered after @ and drawn as a mention', async () => {
  await using room = await openRoom()
  await room.app.call('usergroups.create', { name: 'Reviewer', handle: 'reviewer' })
  await room.page.locator('.composer-text').fill('@revi')
  await room.page.getByRole('option', { name: '@reviewer' }).click()
  await room.page.locator('.composer-text').press('Enter')
  await room.page.locator('.mention').getByText('@reviewer', { exact: true }).waitFor()
  expect((await room.people.messages('member', 'ops')).at(-1)?.text).toMatch(/^<!subteam\^S\w+\|@reviewer>$/)
  expect(room.troubles).toEqual([])
})

test('a person runs a step of the app, sees it run, and then its outputs or why it failed', async () => {
  await using room = await openRoom()
  const { page } = room
  await page.getByRole('button', { name: 'Workflow steps' }).click()
  const form = page.getByRole('dialog', { name: 'Run a workflow step' })
  await form.getByLabel('Question').fill('how many?')
  await form.getByRole('button', { name: 'Run' }).click()
  await form.getByRole('alert').getByText('user').waitFor()
  expect(await form.getByLabel('Question').inputValue()).toBe('how many?')
  await form.getByLabel('For whom').selectOption({ label: 'Morgan Member' })
  await form.getByLabel('Where (optional)').selectOption({ label: '#ops' })
  await form.getByRole('button', { name: 'Run' }).click()
  await form.getByText('Running…').waitFor()
  await pictures(page, 'workflow-step-running')
  const executed = () => room.app.heard.flatMap((one) => Executed.safeParse(one).data?.event ?? [])
  const first = await until(() => executed().at(-1))
  expect(first.inputs).toEqual({ text: 'how many?', user: 'UMEMBER1', channel: 'COPS00001' })
  const { function_execution_id } = first
  await room.app.call('functions.completeSuccess', { function_execution_id, outputs: { answer: 'Three.' } })
  await form.getByText('Three.').waitFor()
  await form.getByRole('button', { name: 'Run' }).click()
  const second = await until(() => (executed().length === 2 ? executed().at(-1) : undefined))
  await room.app.call('functions.completeError', { ...second, error: 'No such agent.' })
  await form.getByText('No such agent.').waitFor()
  await pictures(page, 'workflow-step-ended')
  await form.getByRole('button', { name: 'Cancel' }).click()
  await form.waitFor({ state: 'detached' })
  expect(room.troubles).toEqual([])
})
