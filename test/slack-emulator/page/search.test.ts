import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listed, remoteAt, startRegistry } from '../../fixtures/registry-server.ts'
import { IN_BROWSER_MS, openBrowser, openSeat, picture, pictures } from '../../support/browser.ts'
import { startServerProcess } from '../../support/mcp-house.ts'
import { says, wishes } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

test('a server of the registry is found, connected with one click, looked at, and rests when it is away', async () => {
  await using server = await startServerProcess('bad.ts', ['0'], { BAD: 'deep' })
  const url = `http://127.0.0.1:${server.port}/mcp`
  const description = 'Tells what it knows about the neighbours'
  await using registry = await startRegistry([
    listed({ name: 'io.github.acme/gossip', title: 'Gossip', description, remotes: remoteAt(url) }),
  ])
  await using world = await startWorld({
    model: [...[1, 2, 3].map((at) => wishes('gossip__echo', { text: `${at}` })), says('It is away.')],
    change: (settings) => ({
      ...settings,
      egressAllow: ['127.0.0.1'],
      mcp: { ...settings.mcp, registryUrl: registry.url },
    }),
  })
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  const composer = page.getByRole('combobox', { name: 'Message Patchbay' })
  const command = async (words: string) => {
    await composer.fill(words)
    await page.keyboard.press('Enter')
  }
  const dialog = page.getByRole('dialog')
  await command('/mcp search')
  await dialog.getByText('I look through').waitFor()
  await pictures(page, 'search')
  await dialog.getByRole('textbox').fill('gossip')
  await page.keyboard.press('Enter')
  await dialog.getByText('not checked by us').waitFor()
  await pictures(page, 'search-found')
  await dialog.getByRole('button', { name: 'Connect Gossip' }).click()
  await dialog.getByText('What you fill in and ask goes to').waitFor()
  await pictures(page, 'search-connect')
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click()
  await dialog.getByText('Connected! 1 Gossip tool').waitFor()
  await picture(page, 'search-connected')
  await page.keyboard.press('Escape')
  await dialog.getByText('not checked by us').waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })

  await command('/mcp tools gossip')
  await page.getByText('I cannot use 2 more tools').waitFor()
  await command('/mcp test gossip')
  await page.getByText(/gossip works: .*\d+ ms/).waitFor()
  await pictures(page, 'tools-left-out')

  await server[Symbol.asyncDispose]()
  const member = world.as('member')
  const where = await member.dm('tell me thrice')
  await member.decide(where, 'Always allow')
  await member.see(where, /It is away/)
  await command('/mcp list')
  await page.getByText('left alone until').waitFor()
  await pictures(page, 'list-resting')
  expect(troubles).toEqual([])
})
