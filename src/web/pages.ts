import type { ServerResponse } from 'node:http'
import type { SignInResult } from '../connect/connect-types.ts'
import { revealInvisible } from '../text.ts'

type PageStyle = 'good' | 'bad' | 'plain'

/** The page a browser ends at after a sign-in. Pure. */
export function renderSignedInPage(signedIn: SignInResult): string {
  if (signedIn.ok) return page('Signed in', [connected(signedIn), BACK, MISTAKE], 'good')
  // Nobody knows whose it was, so Slack says nothing of it.
  if (signedIn.by === undefined) return page('Nothing to do here', [`<p>${escapeHtml(signedIn.message)}</p>`], 'plain')
  return page('Not signed in', [`<p>${escapeHtml(signedIn.message)}</p>`, AGAIN], 'bad')
}

export const renderErrorPage = (): string =>
  page(
    'Not signed in',
    [
      '<p>Something unexpected went wrong on our side. Please try again from Slack; if it happens again, tell whoever runs Patchbay here.</p>',
    ],
    'bad',
  )

function connected({ title, connection }: Extract<SignInResult, { ok: true }>): string {
  const count = connection.tools.length
  const tools = count === 1 ? 'its tool' : `its ${count} tools`
  return `<p><strong>${escapeHtml(title)}</strong> is connected as <strong>${escapeHtml(connection.name)}</strong>, and you can use ${tools}.</p>`
}

const BACK = '<p class="next">You can close this page and go back to Slack.</p>'
const AGAIN = '<p class="next">You can close this page. Slack has a button to try again.</p>'
const MISTAKE =
  '<p class="small">Was this link sent to you by somebody else? Then you signed in for them. Remove the access in your account there.</p>'

const escapeHtml = (text: string): string =>
  revealInvisible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const ICONS: Record<PageStyle, string> = {
  good: 'M7 12.5l3.5 3.5L17 8.5',
  bad: 'M12 6.5v7M12 17v.5',
  plain: 'M7 12h10',
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
.next{font-weight:600}.small{padding-top:1rem;border-top:1px solid light-dark(#dcdfe4,#363c48);font-size:.875rem;color:light-dark(#5a6170,#a4acba)}
`

function page(title: string, body: string[], look: PageStyle): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Patchbay</title><style>${STYLE}</style></head>
<body><main><p class="by"><b aria-hidden="true">P</b>Patchbay</p>
${icon(look)}<h1>${title}</h1>
${body.join('\n')}
</main></body></html>`
}

/** Nothing on our pages comes from elsewhere, and what stands in their address is told to nobody. */
export function sendPage(response: ServerResponse, status: number, html: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .end(html)
}
