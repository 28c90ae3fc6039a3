import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { parse, stringify } from 'yaml'
import { manifestFor } from '../../scripts/manifest.ts'
import { type SlackEmulator, startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import type { Log } from '../../src/log.ts'

export const CLIENT = { id: '12.34', secret: 'client-secret-of-the-app' }
const SIGNING_SECRET = 'signing-secret-of-the-app'

export const ALPHA = { id: 'TALPHA01', name: 'Alpha', domain: 'alpha' }
export const BETA = { id: 'TBETA001', name: 'Beta', domain: 'beta' }
export const GRID = { id: 'TGRID001', name: 'Grid North', domain: 'grid', enterprise: { id: 'EGRID001', name: 'Grid' } }
const TEAMS = [ALPHA, BETA, GRID]

export type TeamName = 'alpha' | 'beta' | 'grid'

/**
 * Slack with several workspaces: a local one for each behind one address, which picks by the bearer token, the code or the team that
 * is asked for, all of which name their workspace. People and channels have the same ids in all of them.
 */
export async function startTeams(log: Log) {
  await using starting = new AsyncDisposableStack()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  starting.defer(() => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections()))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const app = { signingSecret: SIGNING_SECRET, client: CLIENT }
  const slacks = new Map<string, SlackEmulator>()
  for (const team of TEAMS) {
    const options = { port: 0, mode: 'http' as const, appUrls: [], log, address: url }
    slacks.set(team.id, starting.use(await startSlackEmulator({ ...options, team, app, installed: false })))
  }
  const said: string[] = []
  server.on('request', (request, response) => void pass({ slacks, said }, request, response))
  const things = starting.move()
  return {
    apiUrl: `${url}/api/`,
    signingSecret: SIGNING_SECRET,
    /** All that the app said to Slack: paths and bodies. */
    said,
    of(name: TeamName): SlackEmulator {
      const found = slacks.get({ alpha: ALPHA, beta: BETA, grid: GRID }[name].id)
      if (found === undefined) throw new Error(`there is no workspace ${name}`)
      return found
    },
    listenAt(appUrl: string, { noAgent = false } = {}) {
      for (const slack of slacks.values()) {
        slack.setAppUrls([`${appUrl}/slack/events`])
        slack.setManifest(manifestAt(appUrl, noAgent))
      }
    },
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
}

/** What `npm run manifest -- --workspaces` makes, with an address on this machine, which has no TLS. */
export function manifestAt(appUrl: string, noAgent = false): string {
  const manifest = parse(manifestFor({ socket: false, noAgent, url: undefined, workspaces: 'https://app.example' }))
  manifest.oauth_config.redirect_urls = [`${appUrl}/slack/oauth_redirect`]
  return stringify(manifest)
}

type Passage = { slacks: Map<string, SlackEmulator>; said: string[] }

async function pass({ slacks, said }: Passage, request: IncomingMessage, response: ServerResponse) {
  const body = await buffer(request)
  said.push(
    `${request.headers.authorization ?? ''} ${request.url} ${decodeURIComponent(
      body
        .toString()
        .replaceAll('+', ' ')
        .replace(/%(?![0-9a-f]{2})/gi, '%25'),
    )}`,
  )
  const told = `${request.headers.authorization ?? ''} ${request.url ?? ''} ${body.toString('latin1')}`
  const [, slack] = [...slacks].find(([team]) => told.includes(team)) ?? []
  if (slack === undefined) return void response.writeHead(200).end('{"ok":false,"error":"invalid_auth"}')
  const { authorization, 'content-type': type } = request.headers
  const answer = await fetch(`${slack.url}${request.url}`, {
    method: request.method ?? 'GET',
    headers: { ...(authorization && { authorization }), ...(type && { 'content-type': type }) },
    redirect: 'manual',
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  })
  const kept = ['content-type', 'location', 'retry-after'].flatMap((name) => {
    const value = answer.headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  response.writeHead(answer.status, Object.fromEntries(kept)).end(Buffer.from(await answer.arrayBuffer()))
}

/** Somebody's browser: it goes where links lead and keeps the cookie of the app. */
export function browserAt(appUrl: string) {
  let cookie = ''
  const get = async (url: string) => {
    const answer = await fetch(url, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } })
    const set = answer.headers.getSetCookie()[0]?.split(';')[0]
    if (set !== undefined) cookie = set
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  const linkOn = (text: string): string => {
    const found = /class="go" href="([^"]+)"/.exec(text)?.[1]
    if (found === undefined) throw new Error(`there is no button on:\n${text}`)
    return found.replaceAll('&amp;', '&')
  }
  /** Where the person's answer in Slack leads back to. */
  const decide = async (authorizeUrl: string, team: string, answer: Record<string, string>): Promise<string> => {
    const url = new URL(authorizeUrl)
    url.searchParams.set('team', team)
    const asked = await fetch(url)
    if (!asked.ok) throw new Error(await asked.text())
    const hidden = [...(await asked.text()).matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)]
    const form = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]))
    const told = await fetch(`${url.origin}/oauth/v2/authorize?team=${team}`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ ...form, as: 'owner', decision: 'allow', ...answer }),
    })
    return told.headers.get('location') ?? ''
  }
  return {
    get,
    linkOn,
    decide,
    forget() {
      cookie = ''
    },
    /** From the install page to the last page. */
    async install(team: string, answer: Record<string, string> = {}) {
      const start = await get(`${appUrl}/slack/install`)
      return get(await decide(linkOn(start.text), team, answer))
    },
  }
}
