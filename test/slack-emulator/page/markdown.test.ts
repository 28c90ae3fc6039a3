import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { IN_BROWSER_MS, openBrowser, openSeat, pictures } from '../../support/browser.ts'
import { startStubApp } from '../../support/stub-app.ts'

vi.setConfig({ testTimeout: IN_BROWSER_MS })
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

async function show(text: string) {
  const app = await startStubApp()
  await app.call('chat.postMessage', { channel: 'CGENERAL1', text: 'x', blocks: [{ type: 'markdown', text }] })
  const { page, troubles } = await openSeat(browser, `${app.url}/?as=member#/CGENERAL1`)
  const block = page.locator('.markdown')
  await block.waitFor()
  return { block, page, troubles, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

test('Markdown is shown as what it means, with Slack’s mentions and emoji', async () => {
  await using shown = await show(
    [
      '# Findings for <@UMEMBER1> in <#COPS00001> :tada:',
      'snake_case_word, **bold *both***, ~~gone~~, `<b>`, a &amp; b,\nsecond line, at 10:30:45',
      '1. one\n   - inner\n     - deep\n2. two\n\n   more of two',
      '- [x] done\n- [ ] open',
      '| table | rows |\n| --- | ---: |\n| a \\| b | 12 |',
      '> quoted\n> - item',
      '```sql\nSELECT 1 < 2;\n```',
      'unfinished **words\n\n```js\nconst a = 1',
    ].join('\n\n'),
  )
  const html = await shown.block.innerHTML()
  expect(html).toContain('<span class="mention mention-me">@Morgan Member</span> in <button')
  expect(html).toContain('aria-label="tada"')
  expect(html).toContain('snake_case_word, <strong>bold <em>both</em></strong>, <s>gone</s>, <code>&lt;b&gt;</code>')
  expect(html).toContain('a &amp; b,<br>second line, at 10:30:45')
  expect(html).toMatch(/<ol start="1"><li>.*one.*<ul><li>inner<ul><li>deep<\/li><\/ul><\/li><\/ul><\/li>/)
  expect(html).toContain('more of two')
  expect(await shown.block.getByRole('checkbox', { checked: true }).count()).toBe(1)
  expect(html).toContain('<td>a | b</td><td class="align-right">12</td>')
  expect(html).toMatch(/<blockquote><p>quoted<\/p><ul><li>item/)
  expect(await shown.block.locator('pre').allTextContents()).toEqual(['SELECT 1 < 2;', 'const a = 1'])
  expect(html).toContain('unfinished **words')
  expect(shown.troubles).toEqual([])
  await pictures(shown.page, 'markdown')
})

test('HTML in Markdown stays text, and only web and mail addresses become links', async () => {
  await using shown = await show(
    [
      '<div onclick="alert(1)">raw</div>',
      'a <img src=x onerror=alert(1)> and <script>alert(1)</script>',
      '[bad](javascript:alert(1)) [worse](data:text/html,x) <javascript:alert(1)> [tel](tel:123)',
      '[web](https://example.com/a) <https://example.com/b> https://example.com/c <mail@example.com> ![pic](https://example.com/p.png)',
    ].join('\n\n'),
  )
  const { block } = shown
  expect(await block.locator('div[onclick], img, script').count()).toBe(0)
  expect(await block.textContent()).toContain('<div onclick="alert(1)">raw</div>')
  expect(await block.textContent()).toContain('<img src=x onerror=alert(1)>')
  const links = await block.locator('a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
  expect(links).toEqual([
    'https://example.com/a',
    'https://example.com/b',
    'https://example.com/c',
    'mailto:mail@example.com',
    'https://example.com/p.png',
  ])
  expect(shown.troubles).toEqual([])
})
