import { createHash, randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { sendText } from '../web-api/request-bodies.ts'

const FOLDER = join(import.meta.dirname, '../page')
/** Packages that the page imports, served from node_modules. */
const PACKAGES = ['preact', 'preact/hooks', 'htm', 'htm/preact', 'marked']
const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

type Part = { type: string; etag: string; bytes: Buffer; plain: string }

/**
 * The page of the workspace. There is no bundler: a part is a file of `page/` with its types stripped, all style sheets
 * as one, or a package. Parts are read once per process.
 */
export function createPageServer() {
  const parts = new Map<string, Part | undefined>()
  const part = (name: string): Part | undefined => {
    if (!parts.has(name)) parts.set(name, readPart(name))
    return parts.get(name)
  }
  const send = (response: ServerResponse, textOf: (nonce: string) => string): void => {
    const nonce = randomBytes(16).toString('base64')
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(nonce),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    response.end(textOf(nonce))
  }
  return {
    servePage: (response: ServerResponse): void => send(response, pageText),
    serveStarting: (response: ServerResponse): void => send(response, startingText),
    servePart(name: string, request: IncomingMessage, response: ServerResponse): void {
      const found = part(name)
      if (found === undefined) {
        sendText(response, 404, 'not found')
        return
      }
      const headers = { etag: found.etag, 'cache-control': 'no-cache', vary: 'accept-encoding' }
      if (request.headers['if-none-match'] === found.etag) {
        response.writeHead(304, headers).end()
        return
      }
      const small = /\bbr\b/.test(request.headers['accept-encoding'] ?? '')
      response.writeHead(200, {
        ...headers,
        'content-type': found.type,
        'x-content-type-options': 'nosniff',
        ...(small ? { 'content-encoding': 'br' } : {}),
      })
      response.end(small ? found.bytes : found.plain)
    },
  }
}

const scripts = (): string[] => globSync('**/*.ts', { cwd: FOLDER }).sort()
const packageUrl = (name: string): string => `/page/npm/${name}.js`

function readPart(name: string): Part | undefined {
  if (name === 'style.css') return newPart('css', styles())
  if (name === 'icon.svg') return newPart('svg', ICON)
  const packaged = PACKAGES.find((one) => packageUrl(one) === `/page/${name}`)
  if (packaged !== undefined) return newPart('js', readFileSync(fileURLToPath(import.meta.resolve(packaged)), 'utf8'))
  // Only listed files are served, so no name leads out of the folder.
  if (!scripts().includes(name)) return undefined
  return newPart('js', stripTypeScriptTypes(readFileSync(join(FOLDER, name), 'utf8')))
}

function styles(): string {
  const files = globSync('*.css', { cwd: join(FOLDER, 'styles') }).sort()
  return files.map((file) => readFileSync(join(FOLDER, 'styles', file), 'utf8')).join('\n')
}

function newPart(kind: string, plain: string): Part {
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 16)}"`
  return { type: TYPES[kind] ?? 'text/plain', etag, bytes: brotliCompressSync(plain), plain }
}

/** Images may come from anywhere, as in Slack; code and styles only from here. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self'",
    "img-src 'self' data: https: http:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Loads itself again, with the place in its address, until the workspace is there. */
const startingText = (nonce: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Patchbay is starting…</title>
<link rel="icon" href="/page/icon.svg">
<noscript><meta http-equiv="refresh" content="1"></noscript>
</head>
<body>
<main role="status"><p>Patchbay is starting…</p></main>
<script nonce="${nonce}">setTimeout(() => location.reload(), 500)</script>
</body>
</html>
`

function pageText(nonce: string): string {
  const imports = Object.fromEntries(PACKAGES.map((name) => [name, packageUrl(name)]))
  const preloads = [...PACKAGES.map(packageUrl), ...scripts().map((file) => `/page/${file}`)]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Local workspace</title>
<link rel="icon" href="/page/icon.svg">
<link rel="stylesheet" href="/page/style.css">
<script type="importmap" nonce="${nonce}">${JSON.stringify({ imports })}</script>
${preloads.map((url) => `<link rel="modulepreload" href="${url}">`).join('\n')}
</head>
<body>
<div id="page"><noscript>This page needs JavaScript.</noscript></div>
<script type="module" nonce="${nonce}">import { mountPage } from '/page/mount.ts'; mountPage(document)</script>
</body>
</html>
`
}

/** The page's icon: two jacks and a cable. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#1d3557"/>
<path d="M9 10v6a7 7 0 0 0 14 0v-6" fill="none" stroke="#e9c46a" stroke-width="3" stroke-linecap="round"/>
<circle cx="9" cy="9" r="4" fill="#f1faee"/><circle cx="23" cy="9" r="4" fill="#f1faee"/></svg>`
