import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { App, HTTPReceiver, type Logger, LogLevel, SocketModeReceiver } from '@slack/bolt'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import {
  type SlackEmulator,
  type SlackEmulatorOptions,
  startSlackEmulator,
} from '../../slack-emulator/start-slack-emulator.ts'
import { createLog } from '../../src/log.ts'
import { ROOT } from '../support/paths.ts'

export const log = createLog('silent')
/** What these tests provoke is not worth a line on the terminal. */
export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
}
const quiet = { logger: silent }
const retryConfig = { retries: 0 }

/** The project's manifest with other bot scopes. */
export function manifestWithScopes(bot: string[]): string {
  const manifest = parse(readFileSync(join(ROOT, 'manifest.yml'), 'utf8'))
  return stringify({ ...manifest, oauth_config: { scopes: { bot } } })
}

/** The project's manifest with other event subscriptions, or with none at all. */
export function manifestWithEvents(bot_events: string[] | undefined): string {
  const manifest = parse(readFileSync(join(ROOT, 'manifest.yml'), 'utf8'))
  const event_subscriptions = bot_events && { bot_events }
  return stringify({ ...manifest, settings: { ...manifest.settings, event_subscriptions } })
}

/** The project's manifest with another agent surface, or none. */
export function manifestWithView(view: 'agent_view' | 'assistant_view' | undefined): string {
  const manifest = parse(readFileSync(join(ROOT, 'manifest.yml'), 'utf8'))
  const { agent_view, ...features } = manifest.features
  return stringify({ ...manifest, features: { ...features, ...(view && { [view]: agent_view }) } })
}

/** A real, unmodified Bolt app on the local workspace. */
export async function boltOverHttp(slack: SlackEmulator, listen: (app: App) => void, port = 0) {
  const receiver = new HTTPReceiver({ signingSecret: slack.signingSecret, ...quiet })
  const app = newApp(slack, receiver)
  listen(app)
  await app.init()
  const server = createServer(receiver.requestListener)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { app, url: `http://127.0.0.1:${portOf(server)}/slack/events`, stop: () => stopServer(server) }
}

export async function boltOverSocket(slack: SlackEmulator, listen: (app: App) => void) {
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig }
  const receiver = new SocketModeReceiver({ appToken: slack.appToken, ...quiet, installerOptions: { clientOptions } })
  const app = newApp(slack, receiver)
  listen(app)
  await app.init()
  await app.start()
  return { app, url: undefined, stop: () => app.stop() }
}

function newApp(slack: SlackEmulator, receiver: HTTPReceiver | SocketModeReceiver) {
  return new App({
    receiver,
    token: slack.botToken,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig },
    deferInitialization: true,
    ...quiet,
  })
}

export function stopServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The workspace with one Bolt app on it, in either mode. */
export async function startWorld(
  mode: 'http' | 'socket',
  listen: (app: App) => void,
  more: Partial<SlackEmulatorOptions> = {},
) {
  const slack = await startSlackEmulator({ port: 0, mode, appUrls: [], log, ...more })
  const bolt = mode === 'http' ? await boltOverHttp(slack, listen) : await boltOverSocket(slack, listen)
  if (bolt.url !== undefined) slack.setAppUrls([bolt.url])
  return {
    slack,
    bolt,
    client: bolt.app.client,
    ...controls(slack),
    async [Symbol.asyncDispose]() {
      await bolt.stop()
      await slack[Symbol.asyncDispose]()
    },
  }
}

const View = z.looseObject({ id: z.string(), title: z.looseObject({ text: z.string() }) })
const Reply = z.looseObject({
  status: z.number(),
  channel: z.string().default(''),
  ts: z.string().default(''),
  view: View.nullish(),
  options: z.array(z.unknown()).optional(),
})

const Shown = z.looseObject({
  ts: z.string(),
  from: z.string(),
  text: z.string(),
  ephemeral: z.boolean().optional(),
  edited: z.boolean().optional(),
  blocks: z.array(z.unknown()).optional(),
  files: z.array(z.looseObject({ url: z.string() })).default([]),
})

/** People's hands and eyes: the control API. */
export function controls(slack: SlackEmulator) {
  const read = async (response: Response) => {
    const body: unknown = await response.json()
    return { ...(typeof body === 'object' ? body : {}), status: response.status }
  }
  const get = async (what: string, query: Record<string, string>) =>
    read(await fetch(`${slack.url}/local/${what}?${new URLSearchParams(query)}`))
  return {
    async act(what: string, body: object) {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${slack.url}/local/${what}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      return Reply.parse(await read(response))
    },
    look: async (what: string, query: Record<string, string>) => Reply.parse(await get(what, query)),
    async messages(as: string, channel: string, thread_ts?: string) {
      const found = await get('messages', { as, channel, ...(thread_ts === undefined ? {} : { thread_ts }) })
      return z.object({ messages: z.array(Shown) }).parse(found).messages
    },
  }
}

/** Waits until `see` gives something, for at most five seconds. */
export async function until<T>(see: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  const end = Date.now() + 20_000
  for (;;) {
    const seen = await see()
    if (seen !== undefined && seen !== false) return seen
    if (Date.now() > end) throw new Error('it did not happen within 20 seconds')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export const plain = (text: string) => ({ type: 'plain_text' as const, text })
export const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text })
