import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { seriousFindings } from '../../support/axe.ts'
import { IN_BROWSER_MS, openBrowser, openSeat, picture } from '../../support/browser.ts'
import { startServerProcess } from '../../support/mcp-house.ts'
import { says, together, wishes } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

test('from an answer into its details, and further into what a server wrote down', async () => {
  await using server = await startServerProcess('talkative.ts', ['0'])
  await using world = await startWorld({
    model: [together(wishes('custom__chatter'), wishes('custom__notes')), says('It talked.')],
    change: (settings) => ({ ...settings, egressAllow: ['127.0.0.1'] }),
  })
  const member = world.as('member')
  await member.connect('custom', { url: `http://127.0.0.1:${server.port}/mcp` })
  const { page, troubles } = await openSeat(browser, `${world.slackUrl}/?as=member#/COPS00001`)
  await page.getByRole('combobox', { name: 'Message #ops' }).fill('@Patchbay let it talk')
  await page.keyboard.press('Enter')
  const thread = page.getByRole('complementary', { name: 'Thread' })
  await thread.getByRole('button', { name: 'Approve all 2', exact: true }).click()
  await thread.getByText('It talked.', { exact: true }).waitFor()
  await picture(page, 'answer-with-details')
  await thread.getByRole('button', { name: 'Details of what was done, step by step' }).last().click()
  const details = page.getByRole('dialog', { name: 'Details' })
  await details.getByText('2. Used').waitFor()
  await picture(page, 'details-steps')
  expect(await seriousFindings(page)).toEqual([])
  // Its 20 lines, and what the call beside it logged meanwhile.
  await details.getByRole('button', { name: /^Server log \(2\d\)$/ }).click()
  const log = page.getByRole('dialog', { name: 'Server log' })
  await log.getByText('Page 1 of 2').waitFor()
  await picture(page, 'server-log')
  expect(await seriousFindings(page)).toEqual([])
  await log.getByRole('button', { name: 'Next' }).click()
  await log.getByText('Page 2 of 2').waitFor()
  expect(troubles).toEqual([])
})
