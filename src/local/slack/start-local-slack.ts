import { createServer, type RequestListener, type Server } from 'node:http'
import { isRecord } from '../../block-kit/problem.ts'
import { AppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { createBlobs } from './blobs.ts'
import { type Clock, systemClock } from './clock.ts'
import { createRequestListener } from './http-server.ts'
import { createHttpWire } from './http-wire.ts'
import { openJournal } from './journal.ts'
import { createModals } from './modals.ts'
import { type Client, createOAuth } from './oauth.ts'
import { createOutbox, RETRY_DELAYS_MS } from './outbox.ts'
import { createRateLimits, type Strictness } from './rate-limits.ts'
import { createResponseUrls } from './response-urls.ts'
import { HUMANS, TEAM, type Team } from './seed.ts'
import { eventsOf } from './slack-events.ts'
import { createSocketWire } from './socket-wire.ts'
import { createTraffic, recorded } from './traffic.ts'
import { createTriggers } from './triggers.ts'
import { createForecast } from './weather.ts'
import { createWebApi } from './web-api.ts'
import { createWorkspace } from './workspace.ts'

export type LocalSlackOptions = {
  /** 0 takes any free port. */
  port: number
  /** Where the workspace is kept; without it everything is forgotten at the end. */
  folder?: string
  mode: 'http' | 'socket'
  /** HTTP mode: where signed requests go, in turn, the next one where a connection is refused. Empty: events wait. */
  appUrls: string[]
  log: Log
  retryDelaysMs?: number[]
  /** Who has a port, in words; for the message when it is taken. */
  ownerOf?: (port: number) => Promise<string>
  /** The clock, in milliseconds: tests move it on to see triggers, streams and response_urls expire. */
  now?: () => number
  /** Timers of retries, on the same clock. */
  after?: Clock['after']
  /** The workspace, where it is not the one everybody has. */
  team?: Team
  /** What an app has that is installed in several workspaces, the same in all of them. */
  app?: { signingSecret: string; client: Client }
  /** False: people install the app first, at /oauth/v2/authorize. */
  installed?: boolean
  /** Where the app finds this workspace's files, when that is not here. */
  address?: string
  /** Slack's own limits, or (default) so generous that nobody is bothered. `POST /local/limits` changes it. */
  rateLimits?: Strictness
}

export type LocalSlack = {
  /** e.g. http://127.0.0.1:3100 */
  url: string
  /** What Bolt and the Web API client take as `slackApiUrl`. */
  apiUrl: string
  botToken: string
  appToken: string
  signingSecret: string
  teamId: string
  /** User ids by name. */
  people: Record<'owner' | 'approver' | 'member', string>
  setAppUrls(urls: string[]): void
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a Slack workspace on this machine: Web API, events, interactivity and Socket Mode for one app, on loopback only. */
export async function startLocalSlack(options: LocalSlackOptions): Promise<LocalSlack> {
  const server = createServer()
  const url = await listen(server, options)
  const built = build(options, url)
  server.on('request', built.listener)
  server.on('upgrade', (request, socket, head) => {
    if (built.socket === undefined) socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
    else built.socket.upgrade(request, socket, head)
  })
  return {
    url,
    apiUrl: `${url}/api/`,
    ...built.secrets,
    teamId: (options.team ?? TEAM).id,
    people: HUMANS,
    setAppUrls: built.setAppUrls,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      built.stop()
      server.closeAllConnections()
      await closed
    },
  }
}

function build(options: LocalSlackOptions, url: string) {
  const { folder, mode, appUrls, log, retryDelaysMs = RETRY_DELAYS_MS } = options
  const { now, after } = clockOf(options)
  const journal = openJournal(folder)
  const blobs = createBlobs(folder)
  const workspace = createWorkspace({ ...beginningOf(options, url), journal, blobs, now })
  const oauth = createOAuth(workspace, options.app?.client)
  const socket = mode === 'socket' ? createSocketWire(now) : undefined
  const http = createHttpWire({ signingSecret: workspace.secrets.signingSecret, urls: appUrls, now })
  const traffic = createTraffic()
  const wire = recorded(socket ?? http, traffic, now)
  const triggers = createTriggers(now)
  const modals = createModals((user) => workspace.tell({ kind: 'modal', user }))
  const responses = createResponseUrls(workspace)
  const outbox = createOutbox({ workspace, wire, retryDelaysMs, log, after })
  workspace.watch((happening) => {
    const install = workspace.installs.live()
    if (install === undefined || install.withdrawn) return
    for (const event of eventsOf(happening, workspace)) outbox.send(event)
  })
  outbox.resume()
  const forecast = createForecast()
  const limits = createRateLimits(now, options.rateLimits)
  const webApi = createWebApi({ workspace, modals, triggers, socket, forecast, limits, traffic, oauth })
  const listener: RequestListener = createRequestListener({
    stage: {
      workspace,
      wire,
      modals,
      triggers,
      responses,
      forecast,
      limits,
      blobs,
      traffic,
      deliveries: outbox.deliveries,
    },
    blobs,
    webApi,
    oauth,
    log,
  })
  const stop = () => {
    outbox[Symbol.dispose]()
    socket?.[Symbol.dispose]()
    http[Symbol.dispose]()
    journal[Symbol.dispose]()
  }
  return { listener, socket, secrets: workspace.secrets, setAppUrls: http.setUrls, stop }
}

function clockOf({ now, after }: LocalSlackOptions): Clock {
  return { ...systemClock, ...(now && { now }), ...(after && { after }) }
}

function beginningOf({ address, team, app, installed }: LocalSlackOptions, url: string) {
  return {
    url,
    filesUrl: address ?? url,
    team: team ?? TEAM,
    given: app ? { signingSecret: app.signingSecret } : {},
    installed: installed ?? true,
  }
}

function listen(server: Server, { port, ownerOf }: Pick<LocalSlackOptions, 'port' | 'ownerOf'>): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      if (!isRecord(cause) || cause.code !== 'EADDRINUSE') return reject(cause)
      void (ownerOf?.(port) ?? Promise.resolve('another program')).then((owner) => reject(taken(port, owner, cause)))
    })
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`)
    })
  })
}

const taken = (port: number, owner: string, cause: unknown): AppError =>
  new AppError(
    'in_use',
    `Port ${port}, where the local Slack goes, is in use by ${owner}. Stop it, or set LOCAL_PORT to a free port.`,
    { cause },
  )
