import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { seriousFindings } from './axe.ts'
import { lockWhile } from './lock-while.ts'
import { ROOT } from './paths.ts'

/** Git ignores it; somebody should look at every picture in it. Where nobody can, as in CI, none is taken. */
const PICTURES = join(ROOT, 'test-results', 'page')
const isLookedAt = process.env.CI === undefined

/** A browser, pictures and axe in both themes take their time where others work on the same two cores. */
export const IN_BROWSER_MS = 240_000
const STEP_MS = 60_000

/** Chromium from npm. It unpacks to one fixed place, so of several processes one does it and the others wait. */
export async function openBrowser(): Promise<Browser> {
  // Read when the package is loaded: it then unpacks its own libraries too.
  process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs24.x'
  const [{ default: chromium }, { chromium: playwright }] = await Promise.all([
    import('@sparticuz/chromium'),
    import('playwright-core'),
  ])
  const executablePath = await lockWhile(join(tmpdir(), 'patchbay-chromium.lock'), () => chromium.executablePath())
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']
  return playwright.launch({ executablePath, args })
}

/** A window of one person, as wide as asked. What the page logs as an error fails the test that looks at `troubles`. */
export async function openSeat(
  browser: Browser,
  url: string,
  { width = 1280, height = 800, dark = false }: { width?: number; height?: number; dark?: boolean } = {},
): Promise<{ page: Page; troubles: string[] }> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' })
  context.setDefaultTimeout(STEP_MS)
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('pageerror', (error) => troubles.push(String(error)))
  page.on('console', (message) => {
    // A refused act is answered with 4xx, which the browser logs by itself.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) troubles.push(message.text())
  })
  await page.goto(url)
  return { page, troubles }
}

async function save(page: Page, name: string): Promise<void> {
  if (!isLookedAt) return
  mkdirSync(PICTURES, { recursive: true })
  await page.screenshot({ path: join(PICTURES, `${name}.png`) })
}

/** Takes a picture of what is to be seen, in light and in dark, and fails where axe finds something serious in it. */
export async function picture(page: Page, name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    await save(page, `${name}-${scheme}`)
    // Nothing else depends on the colours.
    const findings = await seriousFindings(page, scheme === 'dark' ? ['color-contrast'] : undefined)
    if (findings.length > 0) throw new Error(`${name}-${scheme}: ${findings.join('\n')}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

const NARROW_PX = 400

/** The same, and as wide as a telephone, where nothing may stick out. What is open by focus closes when the window changes. */
export async function pictures(page: Page, name: string): Promise<void> {
  await picture(page, name)
  const size = page.viewportSize()
  await page.setViewportSize({ width: NARROW_PX, height: 800 })
  await save(page, `${name}-narrow`)
  const wide = Number(await page.evaluate('document.documentElement.scrollWidth'))
  if (wide > NARROW_PX) throw new Error(`${name} sticks out at ${NARROW_PX} px: it is ${wide} px wide`)
  if (size !== null) await page.setViewportSize(size)
}
