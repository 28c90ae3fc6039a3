import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { IN_BROWSER_MS, openBrowser, openSeat, pictures } from '../../support/browser.ts'
import { startSecretServer } from '../../support/secret-server.ts'
import { startWorld } from '../../support/world.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const configurationFor = (url: string): string =>
  JSON.stringify({
    mcpServers: {
      'Village gossip': { url, headers: { Authorization: 'Bearer kq7Zr41xWm92TbLs08vd', 'X-Team': 'docks' } },
      hub: { command: 'npx', args: ['-y', '@modelcontextprotocol/server-github'] },
      later: { url: 'https://later.example/mcp?token=kq7Zr41xWm92TbLs08vd', disabled: true },
      mail: { command: 'npx', args: ['-y', 'moor-mcp'] },
      notes: { command: '/home/ada/bin/notes-server', args: [] },
    },
  })

test('a person imports, connects, saves a card for all, and an owner shares it and says what its tools do', async () => {
  await using server = await startSecretServer('Bearer open-sesame')
  await using world = await startWorld({ change: (settings) => ({ ...settings, egressAllow: [server.host] }) })
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member`)
  await page.getByRole('button', { name: 'Connect the demo database' }).waitFor()
  await world.as('member').command('import')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Configuration').fill('{ "mcpServers": ')
  await dialog.getByRole('button', { name: 'Read it' }).click()
  await dialog.getByText('I cannot read this').waitFor()
  await pictures(page, 'import-unread')
  await dialog.getByLabel('Configuration').fill(configurationFor(server.url))
  await dialog.getByRole('button', { name: 'Read it' }).click()
  await dialog.getByText('I found 5 servers').waitFor()
  await pictures(page, 'imported')
  await dialog.getByRole('button', { name: 'Connect Village gossip' }).click()
  await dialog.getByText('From your configuration').waitFor()
  await pictures(page, 'import-form')
  await dialog.getByLabel('Key').fill('open-sesame')
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click()
  await dialog.getByText('Connected!').waitFor()
  await pictures(page, 'import-connected')
  await dialog.getByRole('button', { name: 'Save as a run card' }).click()
  await dialog.getByText('Your keys are not in it').waitFor()
  await pictures(page, 'save-card')
  await dialog.getByLabel('For whom').click()
  await page.getByRole('option', { name: /Everyone here/ }).click()
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await dialog.getByText('I ask the owners').waitFor()
  await pictures(page, 'card-saved')

  const owner = await openSeat(browser, `${world.slackUrl}/?as=owner`)
  await owner.page.getByText('wants to share it').first().waitFor()
  await pictures(owner.page, 'share-request')
  await owner.page.getByRole('button', { name: 'Approve', exact: true }).click()
  await owner.page.getByRole('button', { name: 'Say what its tools do' }).click()
  await owner.page.getByRole('dialog').getByText('Say that a tool only reads').waitFor()
  await pictures(owner.page, 'tool-classes')
  await owner.page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
  await owner.page.getByRole('dialog').getByText('All its tools ask').waitFor()
  await owner.page.keyboard.press('Escape')
  await world.as('owner').command('cards')
  await owner.page.getByText('1 saved run card', { exact: true }).waitFor()
  await pictures(owner.page, 'cards')
  expect([...troubles, ...owner.troubles]).toEqual([])
})
