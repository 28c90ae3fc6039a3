import { expect, test } from 'vitest'
import { startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import { openBrowser } from '../../support/browser.ts'
import { memoryLog } from '../../support/log.ts'

test('the page says that the app is starting, and becomes the workspace when it has started', async () => {
  await using slack = await startSlackEmulator({
    port: 0,
    mode: 'http',
    appUrls: [],
    log: memoryLog().log,
    opensLater: true,
  })
  await using browser = await openBrowser()
  const page = await browser.newPage()
  await page.goto(slack.url)
  expect(await page.innerText('main')).toBe('Patchbay is starting…')
  slack.open()
  await page.waitForSelector('#page')
  expect(await page.title()).not.toContain('starting')
})
