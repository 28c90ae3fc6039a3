import { createServer, type RequestListener, type Server } from 'node:http'
import { isRecord } from '../src/block-kit/problem.ts'
import { eventsFor } from './delivery/event-payloads.ts'
import { createEventQueue, type EventQueue, RETRY_DELAYS_MS } from './delivery/event-queue.ts'
import { shapedEvents } from './delivery/event-shaping.ts'
import { isSubscribed } from './delivery/event-subscriptions.ts'
import { createFaultInjection } from './delivery/fault-injection.ts'
import { createHttpTransport } from './delivery/http-transport.ts'
import { createSocketModeTransport } from './delivery/socket-mode.ts'
import { createTrafficLog, recordTraffic } from './delivery/traffic-log.ts'
import { EmulatorError } from './errors.ts'
import type { EmulatorLog } from './log.ts'
import { createRequestListener } from './server/http-server.ts'
import { createOAuth, type OAuthClient } from './web-api/oauth.ts'
import { createRateLimits, type Strictness } from './web-api/rate-limits.ts'
import { createWebApi } from './web-api/web-api.ts'
import { type Clock, systemClock } from './workspace/clock.ts'
import { createFileContents } from './workspace/file-contents.ts'
import { createModalStacks } from './workspace/modal-stacks.ts'
import { openPersistentCollections } from './workspace/persistent-collections.ts'
import { createResponseUrls } from './workspace/response-urls.ts'
import { HUMANS, TEAM, type Team } from './workspace/seed.ts'
import { createTriggerIds } from './workspace/trigger-ids.ts'
import { createWorkspace, type Workspace } from './workspace/workspace.ts'

export type SlackEmulatorOptions = {
  /** 0 means any free port. */
  port: number
  /** Where the workspace is stored; without it nothing is kept. */
  folder?: string
  mode: 'http' | 'socket'
  /** HTTP mode: where signed requests go, round robin, skipping one that refuses the connection; if empty, events wait. */
  appUrls: string[]
  log: EmulatorLog
  retryDelaysMs?: number[]
  /** The clock, in milliseconds; tests move it on to make triggers, streams and response_urls expire. */
  now?: () => number
  /** The timers of retries, on the same clock. */
  after?: Clock['after']
  /** The workspace; by default `TEAM`. */
  team?: Team
  /** The credentials of an app that is installed in several workspaces, the same in all of them. */
  app?: { signingSecret: string; client: OAuthClient }
  /** If false, people install the app first, at /oauth/v2/authorize. */
  installed?: boolean
  /** The base URL of this workspace's files and sockets, if it is another one. */
  address?: string
  /** If true, the page says that the app is starting until `open` is called, and goes on by itself then. */
  opensLater?: boolean
  /** Slack's own limits, unless far higher ones are asked for; `POST /local/limits` changes it. */
  rateLimits?: Strictness
}

export type SlackEmulator = {
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
  /** Shows the workspace to people; needed after `opensLater` only. */
  open(): void
  /** Gives the app another manifest (YAML) than manifest.yml; its scopes and redirect addresses count from then on. */
  setManifest(yaml: string): void
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a Slack workspace on this machine: Web API, events, interactivity and Socket Mode for one app, on loopback only. */
export async function startSlackEmulator(options: SlackEmulatorOptions): Promise<SlackEmulator> {
  const server = createServer()
  const url = await listen(server, options.port)
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
    open: built.open,
    setManifest: built.setManifest,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      built.stop()
      server.closeAllConnections()
      await closed
    },
  }
}

function build(options: SlackEmulatorOptions, url: string) {
  const { folder, mode, appUrls, log, retryDelaysMs = RETRY_DELAYS_MS } = options
  const { now, after } = clockOf(options)
  const collections = openPersistentCollections(folder)
  const fileContents = createFileContents(folder)
  const workspace = createWorkspace({ ...beginningOf(options, url), collections, fileContents, now })
  const oauth = createOAuth(workspace, options.app?.client)
  const socket = mode === 'socket' ? createSocketModeTransport(now) : undefined
  const http = createHttpTransport({ signingSecret: workspace.secrets.signingSecret, urls: appUrls, now })
  const traffic = createTrafficLog()
  const transport = recordTraffic(socket ?? http, traffic, now)
  const triggers = createTriggerIds(now)
  const modals = createModalStacks((user) => workspace.publish({ kind: 'modal', user }))
  const responses = createResponseUrls(workspace)
  const queue = createEventQueue({ workspace, transport, retryDelaysMs, log, after })
  sendEvents(workspace, queue)
  const faults = createFaultInjection()
  const limits = createRateLimits(now, limitsOf(options))
  const webApi = createWebApi({ workspace, modals, triggers, socket, faults, limits, traffic, oauth })
  const door = createDoor(options)
  const listener: RequestListener = createRequestListener({
    isOpen: door.isOpen,
    parts: {
      workspace,
      transport,
      socket,
      modals,
      triggers,
      responses,
      faults,
      limits,
      fileContents,
      traffic,
      events: queue,
    },
    webApi,
    oauth,
    log,
  })
  const stop = () => {
    queue[Symbol.dispose]()
    socket?.[Symbol.dispose]()
    http[Symbol.dispose]()
    collections[Symbol.dispose]()
  }
  return {
    listener,
    socket,
    secrets: workspace.secrets,
    setAppUrls: http.setUrls,
    setManifest: workspace.setManifest,
    open: door.open,
    stop,
  }
}

function sendEvents(workspace: Workspace, queue: EventQueue): void {
  workspace.subscribe((change) => {
    const install = workspace.appTokens.live()
    if (install === undefined || install.withdrawn) return
    const heard = eventsFor(change, workspace).filter((event) => isSubscribed(event, workspace))
    for (const { event, delayMs } of shapedEvents(heard, workspace.eventShape())) queue.send(event, delayMs)
  })
  queue.resume()
}

function createDoor({ opensLater }: SlackEmulatorOptions) {
  let isOpen = opensLater !== true
  const open = () => {
    isOpen = true
  }
  return { isOpen: () => isOpen, open }
}

const limitsOf = ({ rateLimits, app }: SlackEmulatorOptions) => ({
  strictness: rateLimits,
  distributed: app !== undefined,
})

function clockOf({ now, after }: SlackEmulatorOptions): Clock {
  return { ...systemClock, ...(now && { now }), ...(after && { after }) }
}

function beginningOf({ address, team, app, installed }: SlackEmulatorOptions, url: string) {
  return {
    url,
    filesUrl: address ?? url,
    team: team ?? TEAM,
    given: app ? { signingSecret: app.signingSecret } : {},
    installed: installed ?? true,
  }
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const taken = isRecord(cause) && cause.code === 'EADDRINUSE'
      reject(taken ? new EmulatorError('port_in_use', `port ${port} is in use by another program`, { cause }) : cause)
    })
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`)
    })
  })
}
