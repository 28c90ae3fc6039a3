import type { ServerResponse } from 'node:http'
import type { SignedIn } from '../connect/finish-sign-in.ts'

/** The page a browser ends at after a sign-in. Pure. */
export function signedInPage(signedIn: SignedIn): string {
  if (!signedIn.ok) return page('Not signed in', [`<p>${literal(signedIn.message)}</p>`, BACK], false)
  const { title, connection } = signedIn
  const count = connection.tools.length
  const tools = count === 1 ? 'its tool' : `its ${count} tools`
  const words = `<strong>${literal(title)}</strong> is connected as <strong>${literal(connection.name)}</strong>, and you can use ${tools}.`
  return page('Signed in', [`<p>${words}</p>`, BACK, MISTAKE], true)
}

export const troublePage = (): string =>
  page(
    'Not signed in',
    [
      '<p>Something unexpected went wrong on our side. Please try again from Slack; if it happens again, tell whoever runs Patchbay here.</p>',
      BACK,
    ],
    false,
  )

const BACK = '<p><strong>You can close this page and go back to Slack.</strong></p>'
const MISTAKE =
  '<p class="small">Was this link sent to you by somebody else? Then you signed in for them. Remove the access in your account there.</p>'

const literal = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function page(title: string, body: string[], good: boolean): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Patchbay</title><style>
:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.5rem}
h1{font-size:1.4rem}.small{font-size:.85rem;opacity:.8}
</style></head><body><main><h1>${good ? '✅' : '⚠️'} ${title}</h1>
${body.join('\n')}
</main></body></html>`
}

/** Nothing on our pages comes from elsewhere, and what stands in their address is told to nobody. */
export function answerPage(response: ServerResponse, status: number, html: string): void {
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
