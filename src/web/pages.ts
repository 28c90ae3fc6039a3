import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { revealInvisible } from '../text.ts'

type PageStyle = 'good' | 'bad' | 'plain' | 'start'

/** A page of ours. `body` is HTML; `script` makes it nicer, and it works without. */
export type Page = { title: string; body: string[]; look: PageStyle; script?: string }

export const renderErrorPage = (): Page => ({
  title: 'That did not work',
  body: [
    '<p>Something unexpected went wrong on our side. Please try again from Slack; if it happens again, tell whoever runs Patchbay here.</p>',
  ],
  look: 'bad',
})

export const renderBusyPage = (): Page => ({
  title: 'Too many requests',
  body: ['<p>Too many requests came from your network. Wait a minute, then load this page again.</p>'],
  look: 'plain',
})

/** Every text that we did not write goes through here. */
export const escapeHtml = (text: string): string =>
  revealInvisible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** What a page says in short, as a list. `facts` are texts. */
export const renderFacts = (facts: [name: string, value: string][]): string =>
  `<dl>${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`

const ICONS: Record<PageStyle, string> = {
  good: 'M7 12.5l3.5 3.5L17 8.5',
  bad: 'M12 6.5v7M12 17v.5',
  plain: 'M7 12h10',
  start: 'M7 12h9.5M13 8l4 4-4 4',
}

const icon = (look: PageStyle): string =>
  `<svg class="sign ${look}" viewBox="0 0 24 24" width="44" height="44" aria-hidden="true"><circle cx="12" cy="12" r="12"/><path d="${ICONS[look]}"/></svg>`

const STYLE = `
:root{color-scheme:light dark;font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.25rem;background:light-dark(#f5f6f8,#16191f);color:light-dark(#1b1e24,#e4e7ec)}
main{width:100%;max-width:29rem;padding:2.25rem 2rem;border:1px solid light-dark(#dcdfe4,#363c48);border-radius:14px;background:light-dark(#fff,#1d2129);overflow-wrap:anywhere}
.by{margin:0 0 1.5rem;display:flex;align-items:center;gap:.55rem;font-weight:600;color:light-dark(#5a6170,#a4acba)}
.by b{display:grid;place-items:center;width:1.6rem;height:1.6rem;border-radius:6px;background:#1d3557;color:#e9c46a;font-size:.85rem}
.sign{display:block;fill:light-dark(#5a6170,#767e8e)}.sign path{fill:none;stroke:#fff;stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
.sign.good{fill:#14713f}.sign.bad{fill:#b3202c}
h1{font-size:1.5rem;line-height:1.25;margin:.9rem 0 .6rem}
p{margin:0 0 1rem}p:last-child{margin:0}
dl{margin:0 0 1.25rem;display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1rem}dt{color:light-dark(#5a6170,#a4acba)}dd{margin:0;font-weight:600}
.go{display:inline-block;padding:.6rem 1.1rem;border:0;border-radius:8px;font:inherit;font-weight:600;text-decoration:none;cursor:pointer;background:#14713f;color:#fff}
.go:hover{background:#0f5c33}.go:focus-visible,input:focus-visible,textarea:focus-visible{outline:3px solid light-dark(#1d6fd1,#7db4f5);outline-offset:2px}
.code{display:flex;flex-wrap:wrap;align-items:center;gap:.75rem;margin:0 0 1rem}.code output{font:700 2rem/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.06em;padding:.5rem .9rem;border:1px solid light-dark(#dcdfe4,#363c48);border-radius:8px;background:light-dark(#f5f6f8,#16191f);user-select:all;white-space:nowrap}
form{margin:0 0 1.25rem}label{display:block;font-weight:600;margin:0 0 .3rem}.hint{display:block;margin:.3rem 0 0;font-size:.875rem;color:light-dark(#5a6170,#a4acba)}.field{margin:0 0 1.1rem}
input,textarea{width:100%;padding:.55rem .7rem;border:1px solid light-dark(#8a909c,#767e8e);border-radius:8px;font:inherit;background:light-dark(#fff,#16191f);color:inherit}textarea{min-height:8rem;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.875rem}
.next{font-weight:600}.small{padding-top:1rem;border-top:1px solid light-dark(#dcdfe4,#363c48);font-size:.875rem;color:light-dark(#5a6170,#a4acba)}
`

function pageHtml({ title, body, look, script }: Page): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Patchbay</title><style>${STYLE}</style></head>
<body><main><p class="by"><b aria-hidden="true">P</b>Patchbay</p>
${icon(look)}<h1>${title}</h1>
${body.join('\n')}
</main>${script === undefined ? '' : `<script>${script}</script>`}</body></html>`
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Only our own style and script run, nothing comes from elsewhere, and what a page sends stays here. */
const contentPolicyFor = ({ script }: Page): string =>
  [
    "default-src 'none'",
    `style-src ${hashOf(STYLE)}`,
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')

/** What every answer of this door says: it is shown in no frame, kept nowhere, taken for nothing else, and its address is told to nobody. */
export const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export function sendPage(
  response: ServerResponse,
  status: number,
  page: Page,
  headers: Record<string, string | string[]> = {},
): void {
  response
    .writeHead(status, {
      ...SAFE_HEADERS,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentPolicyFor(page),
      'cross-origin-opener-policy': 'same-origin',
      ...headers,
    })
    .end(pageHtml(page))
}
