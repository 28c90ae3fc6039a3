import type { Page } from 'playwright-core'
import { openBrowser, openSeat } from '../test/support/browser.ts'
import { startGround } from './ground.ts'
import { median, ms, percentile } from './numbers.ts'

const CLICKS = 50
/** Not counted: the first ones read files and warm up the browser. */
const WARM_UP = 3

/** From a click in the page of the local workspace to the painted modal of the app, and what the page weighs on the wire. */
export async function page(): Promise<string[]> {
  await using ground = await startGround()
  const browser = await openBrowser()
  try {
    const { page: window } = await openSeat(browser, 'about:blank')
    const bytes = await weightOf(window, `${ground.slack.url}/?as=member`)
    const times: number[] = []
    for (let at = 0; at < CLICKS + WARM_UP; at++) times.push(await clickToModal(window))
    const counted = times.slice(WARM_UP)
    return [
      `click to painted modal  median ${ms(median(counted))}, p99 ${ms(percentile(counted, 0.99))} (${CLICKS} clicks, at most 300 ms)`,
      `page weight             ${(bytes / 1024).toFixed(1)} KB compressed (at most 150 KB)`,
    ]
  } finally {
    await browser.close()
  }
}

/** Bytes over the wire until the page can be typed in, nothing cached. */
async function weightOf(window: Page, url: string): Promise<number> {
  const session = await window.context().newCDPSession(window)
  await session.send('Network.enable')
  let bytes = 0
  session.on('Network.loadingFinished', (event) => {
    bytes += event.encodedDataLength
  })
  await window.goto(url)
  await window.getByRole('button', { name: 'Connect the demo database' }).waitFor()
  return bytes
}

/** Measured inside the page: from the click event until the frame after the dialog with its fields has been painted. */
const WATCH = `window.painted = new Promise((done) => {
  addEventListener('click', () => {
    const began = performance.now()
    const look = () => {
      if (document.querySelector('dialog[open] input') === null) return requestAnimationFrame(look)
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)))
    }
    look()
  }, { capture: true, once: true })
}); undefined`

async function clickToModal(window: Page): Promise<number> {
  await window.evaluate(WATCH)
  await window.getByRole('button', { name: 'Connect a tool' }).click()
  const took = Number(await window.evaluate('window.painted'))
  await window.keyboard.press('Escape')
  await window.getByRole('dialog').waitFor({ state: 'detached' })
  return took
}
