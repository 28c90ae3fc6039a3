import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  App,
  HTTPReceiver,
  HTTPReceiverDeferredRequestError,
  type ReceiverEvent,
  SocketModeReceiver,
} from '@slack/bolt'
import type { Logger } from '@slack/web-api'
import type { Watch } from '../../connect/features/features.ts'
import type { Installations } from '../../connect/installations.ts'
import type { SignInResult } from '../../connect/sign-in/finish-sign-in.ts'
import { AppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { Reminders } from '../../run/decisions/reminders.ts'
import type { ReadFile } from '../../run/state/attached-file.ts'
import type { RunListener } from '../../run/state/run-listener.ts'
import { announceResourceChange } from '../catalog/resource-updates.ts'
import { announceSignIn } from '../connections/sign-in.ts'
import { createFileCache } from '../messages/file-reader.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { createBoltLogger } from './bolt-logger.ts'
import { createExpiryReminders } from './expiry-reminders.ts'
import { createInstallReceiver, INSTALL_PATH, REDIRECT_PATH, type SlackOAuth } from './install.ts'
import type { AppParts } from './workspace-app.ts'
import { createManyWorkspaceApps, createSingleWorkspaceApps, type WorkspaceApps } from './workspace-apps.ts'

export type SlackSettings = {
  /** With it the app is reached over Socket Mode, else over signed HTTP. */
  appToken?: string | undefined
  signingSecret?: string | undefined
  /** Ends in a slash. */
  apiUrl: string
} & (
  | { botToken: string; oauth?: undefined }
  /** Any number of workspaces, each of which installs the app. */
  | { botToken?: undefined; oauth: SlackOAuth & { publicUrl: string; installations: Installations } }
)

type CreateSlackDeps = Omit<AppParts, 'files' | 'logger'> & { settings: SlackSettings; reminders: Reminders }

export type Slack = {
  listener: RunListener
  /** Files that people sent along, read with the app's token. */
  readFile: ReadFile
  /** Tells people of a change of a resource they watch. */
  announceResourceChange(watch: Watch): Promise<void>
  /** A sign-in came back to this process. */
  signedIn(news: SignInResult): void
  /** For POST /slack/events in HTTP mode, and the pages to install the app. */
  requestListener?: (request: IncomingMessage, response: ServerResponse) => void
  /** Asks Slack who we are, and in Socket Mode connects. Throws `slack_failed`. */
  start(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The door for people in Slack. `runs` is not asked anything before the first event arrives. */
export async function createSlack({ settings, reminders, ...rooms }: CreateSlackDeps): Promise<Slack> {
  const logger = createBoltLogger(rooms.log)
  const house: AppParts = { ...rooms, files: createFileCache(), logger }
  const offices = officesFor(house, settings)
  const reminding = createExpiryReminders({ ...house, offices }, reminders)
  const receiver =
    settings.appToken === undefined
      ? httpReceiver(settings, logger)
      : socketReceiver(settings, settings.appToken, logger)
  routeRequests(receiver, offices, house)
  const listeners = [
    ...(receiver instanceof HTTPReceiver ? [listenerOf(receiver)] : []),
    ...(settings.oauth ? [pagesFor(settings, settings.oauth, offices, logger)] : []),
  ]
  const socket = receiver instanceof SocketModeReceiver ? receiver : undefined
  let connected = false
  return {
    listener: doorOf(offices),
    readFile: (origin, ...file) => offices.of(origin).readFile(origin, ...file),
    announceResourceChange: (watch) => announceResourceChange(officeOf(offices, watch).deps, watch),
    signedIn(news) {
      if (news.by !== undefined) void announceSignIn(officeOf(offices, news.by).deps, news)
    },
    ...(listeners.length > 0 && { requestListener: oneOf(listeners) }),
    async start() {
      if (settings.oauth === undefined) await checkToken(offices)
      await connect(socket)
      connected = socket !== undefined
      reminding.start()
    },
    async [Symbol.asyncDispose]() {
      // A reminder under way is not waited for: Slack may be slow, and a stop has little time.
      void reminding.stop()
      for (const office of offices.all()) office.close()
      if (connected) await socket?.stop()
    },
  }
}

function officesFor(house: AppParts, settings: SlackSettings): WorkspaceApps {
  const { apiUrl, oauth, botToken } = settings
  return oauth
    ? createManyWorkspaceApps(house, { apiUrl, ...oauth })
    : createSingleWorkspaceApps(house, { apiUrl, botToken })
}

/** That of a person's workspace, where no request says more. */
const officeOf = (offices: WorkspaceApps, { workspace }: Pick<Principal, 'workspace'>) =>
  offices.of({ workspace, teamId: workspace })

/** Each run is told in the office of its workspace. */
const doorOf = (offices: WorkspaceApps): RunListener => ({
  onProgress: (state, news) => offices.of(state.origin).door.onProgress(state, news),
  publish: (state, signal) => offices.of(state.origin).door.publish(state, signal),
  onQueued: (origin, ahead) => offices.of(origin).door.onQueued(origin, ahead),
  release(run) {
    for (const { door } of offices.all()) door.release(run)
  },
})

/** Throws `slack_failed` with what to put right. */
async function checkToken(offices: WorkspaceApps): Promise<void> {
  for (const { deps } of offices.all()) {
    await deps.bot().catch((cause) => {
      const why = slackErrorCodeOf(cause)
      throw why === undefined
        ? cause
        : wrong(`Slack refuses SLACK_BOT_TOKEN (${why}): copy it from Install App.`, cause)
    })
  }
}

async function connect(socket: SocketModeReceiver | undefined): Promise<void> {
  const advice = 'check that SLACK_APP_TOKEN has the scope connections:write and that Socket Mode is on'
  await socket?.start().catch((cause) => {
    throw wrong(`Socket Mode could not be opened: ${advice}.`, cause)
  })
}

const wrong = (message: string, cause: unknown) => new AppError('slack_failed', message, { cause })

/** Stands behind the receiver, and hands each request to the office it is for. */
function routeRequests(
  receiver: HTTPReceiver | SocketModeReceiver,
  offices: WorkspaceApps,
  { log, logger }: AppParts,
): void {
  const app = new App({ receiver, authorize: async () => ({}), logger, convoStore: false })
  app.processEvent = async (event) => {
    const office = await offices.for(event.body)
    if (office) return office.hear(event)
    log.warn(
      { type: event.body.type ?? event.body.command },
      'Slack asks for a workspace that has not installed the app',
    )
    await acknowledgeUninstalled(event)
  }
}

/** Acknowledged, as Slack would only ask again. */
async function acknowledgeUninstalled({ body, ack }: ReceiverEvent): Promise<void> {
  const text = 'Patchbay is not installed here any more. An owner or admin of this workspace can add it again.'
  await (typeof body.command === 'string' ? ack({ response_type: 'ephemeral', text }) : ack())
}

function httpReceiver({ signingSecret }: SlackSettings, logger: Logger): HTTPReceiver {
  if (!signingSecret) {
    throw new AppError(
      'config_invalid',
      'SLACK_SIGNING_SECRET is missing: copy it from Basic Information of your Slack app.',
    )
  }
  return new HTTPReceiver({ signingSecret, endpoints: ['/slack/events'], logger })
}

const socketReceiver = ({ apiUrl }: SlackSettings, appToken: string, logger: Logger): SocketModeReceiver =>
  new SocketModeReceiver({ appToken, logger, installerOptions: { clientOptions: { slackApiUrl: apiUrl } } })

type Listener = { paths: string[]; listen: NonNullable<Slack['requestListener']> }

function pagesFor(
  { apiUrl }: SlackSettings,
  oauth: NonNullable<SlackSettings['oauth']>,
  offices: WorkspaceApps,
  logger: Logger,
): Listener {
  const receiver = createInstallReceiver({ ...oauth, apiUrl, logger, installed: offices.drop })
  return { ...listenerOf(receiver), paths: [INSTALL_PATH, REDIRECT_PATH] }
}

function listenerOf(receiver: HTTPReceiver): Listener {
  return {
    paths: ['/slack/events'],
    listen(request, response) {
      try {
        receiver.requestListener(request, response)
      } catch (error) {
        if (!(error instanceof HTTPReceiverDeferredRequestError)) throw error
        response.writeHead(404).end()
      }
    },
  }
}

function oneOf(listeners: Listener[]): Listener['listen'] {
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const found = listeners.find(({ paths }) => paths.includes(pathname))
    if (found) found.listen(request, response)
    else response.writeHead(404).end()
  }
}
