import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isScalar, isSeq, parse, parseDocument } from 'yaml'

export type Variant = {
  /** Over Socket Mode, without a public address. */
  socket: boolean
  /** Without Slack's agent surface: for free plans and workspaces with guests. */
  noAgent: boolean
  /** Where Slack reaches the app: https://host */
  url: string | undefined
  /** For several workspaces: where browsers reach the app to install it (its PUBLIC_URL). */
  workspaces?: string | undefined
}

const AGENT_EVENTS = ['agent_session_stopped']
const AGENT_SCOPES = ['assistant:write']

/** `manifest.yml` as the variant needs it, as YAML. Throws a TypeError for a URL that Slack would refuse. */
export function manifestFor({ socket, noAgent, url, workspaces }: Variant): string {
  const manifest = parseDocument(readFileSync(join(import.meta.dirname, '..', 'manifest.yml'), 'utf8'))
  if (manifest.contents) manifest.contents.commentBefore = ' Made from manifest.yml by `npm run manifest`.'
  const without = (path: string[], unwanted: string[]) => {
    const list = manifest.getIn(path)
    if (isSeq(list))
      list.items = list.items.filter((item) => !(isScalar(item) && unwanted.includes(String(item.value))))
  }
  if (noAgent) {
    manifest.deleteIn(['features', 'agent_view'])
    without(['settings', 'event_subscriptions', 'bot_events'], AGENT_EVENTS)
    without(['oauth_config', 'scopes', 'bot'], AGENT_SCOPES)
  }
  if (socket) {
    for (const path of urlPaths) manifest.deleteIn(path)
    manifest.setIn(['settings', 'socket_mode_enabled'], true)
  } else if (url !== undefined) {
    for (const path of urlPaths) manifest.setIn(path, addressUnder(url, '/slack/events'))
  }
  if (workspaces !== undefined) {
    manifest.setIn(['oauth_config', 'redirect_urls'], [addressUnder(workspaces, '/slack/oauth_redirect')])
    manifest.setIn(['settings', 'org_deploy_enabled'], true)
  }
  return manifest.toString({ lineWidth: 140 })
}

/** A path of the app under the address by which it is reached, which may have a path of its own. */
function addressUnder(base: string, path: string): string {
  const { protocol, origin, pathname } = new URL(base)
  if (protocol !== 'https:') throw new TypeError(`Slack takes https addresses only, not ${base}`)
  return `${origin}${pathname.replace(/\/+$/, '')}${path}`
}

const urlPaths = [
  ['features', 'slash_commands', 0, 'url'],
  ['settings', 'event_subscriptions', 'request_url'],
  ['settings', 'interactivity', 'request_url'],
  ['settings', 'interactivity', 'message_menu_options_url'],
]

// scripts/run.js imports what it runs, so import.meta.main would be false.
if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      socket: { type: 'boolean' },
      'no-agent': { type: 'boolean' },
      url: { type: 'string' },
      workspaces: { type: 'string' },
      json: { type: 'boolean' },
      // The Slack CLI names how it reads a hook's answer, and what it puts before and behind it.
      protocol: { type: 'string' },
      boundary: { type: 'string', default: '' },
    },
  })
  const { socket, url, workspaces, boundary } = values
  const variant = { socket: socket === true, noAgent: values['no-agent'] === true, url: url ?? workspaces, workspaces }
  const manifest = manifestFor(variant)
  process.stdout.write(values.json ? `${boundary}${JSON.stringify(parse(manifest))}${boundary}\n` : manifest)
}
