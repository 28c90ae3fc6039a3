import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  App,
  HTTPReceiver,
  HTTPReceiverDeferredRequestError,
  type ReceiverEvent,
  SocketModeReceiver,
} from '@slack/bolt'
import type { Logger } from '@slack/web-api'
import type { Installations } from '../../connect/installations.ts'
import type { ChangeNotesDeps } from '../../connect/pins/change-notes.ts'
import type { EnteredSecrets } from '../../connect/secret-entry-types.ts'
import type { Sharing } from '../../connect/sharing-types.ts'
import type { SignInCode, SignInResult } from '../../connect/sign-in-types.ts'
import { AppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import { withoutNulls } from '../../json.ts'
import type { Log } from '../../log.ts'
import type { ResourceSubscriptionRow } from '../../registry/resource-subscriptions.ts'
import type { AbleApprovers, GroupApprovers, ReadFile, ReadThread } from '../../run/deps.ts'
import type { Origin } from '../../run/state/events.ts'
import { ableApproversOf } from '../approvals/able-approvers.ts'
import { groupApproversOf } from '../approvals/group-approvers.ts'
import { announceResourceChange } from '../catalog/resource-updates.ts'
import { askForSignInCode } from '../connections/enter-sign-in-code.ts'
import { announceSecrets } from '../connections/secret-entry.ts'
import { announceSignIn } from '../connections/sign-in.ts'
import { isPayloadFields } from '../message-text/payload-fields.ts'
import type { RenderDeps } from '../render/message-records.ts'
import { connectRefusalFor, roleOf } from '../rules/roles.ts'
import { tellToolChanges } from '../tool-changes/accept-changes.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { ackInTime } from './ack-in-time.ts'
import { createBoltLogger } from './bolt-logger.ts'
import { createConnectPolling } from './connect-polling.ts'
import { createExpiryReminders } from './expiry-reminders.ts'
import { createInstallReceiver, INSTALL_PATH, REDIRECT_PATH, type SlackOAuth } from './install.ts'
import type { SlackParts } from './slack-parts.ts'
import { createSocketMode, type SocketModeConnection } from './socket-mode.ts'
import { acknowledgeUninstalled } from './unknown-requests.ts'
import { createManyWorkspaceApps, createSingleWorkspaceApps, type WorkspaceApps } from './workspace-apps.ts'

export type SlackSettings = {
  /** Chooses Socket Mode; without it Slack sends signed HTTP requests. */
  appToken?: string | undefined
  signingSecret?: string | undefined
  /** Ends in a slash. */
  apiUrl: string
} & (
  | { botToken: string; oauth?: undefined }
  /** Lets any number of workspaces install the app. */
  | { botToken?: undefined; oauth: SlackOAuth & { publicUrl: string; installations: Installations } }
)

export type Slack = {
  /** What it takes to show a run in its workspace. */
  renderDepsOf(origin: Origin): RenderDeps
  /** Reads files that people sent along, with the app's token. */
  readFile: ReadFile
  readThread: ReadThread
  /** Which of a workspace's approvers can still decide. */
  ableApprovers: AbleApprovers
  groupApprovers: GroupApprovers
  /** Tells people of a change of a resource they watch. */
  announceResourceChange(watch: ResourceSubscriptionRow): Promise<void>
  /** Tells a connection's owner what its server changed. */
  tellToolChanges: ChangeNotesDeps['tell']
  /** Why a person may not connect a card at this moment, in a sentence. Throws AppError `slack_failed`. */
  connectRefusal(by: Principal, card: { name: string; title: string }): Promise<string | undefined>
  roleOf: Sharing['roleOf']
  isMember: Sharing['isMember']
  /** Tells a person how their sign-in ended. */
  signedIn(news: SignInResult): void
  /** Asks a person for the code that their browser shows. */
  askForSignInCode(news: SignInCode): void
  /** Shows a person that secrets were entered for them. */
  secretsEntered(news: EnteredSecrets): void
  /** Serves POST /slack/events in HTTP mode, and the pages to install the app. */
  requestListener?: (request: IncomingMessage, response: ServerResponse) => void
  /** Checks the token with Slack, and in Socket Mode connects. Throws AppError `slack_failed`. */
  start(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Builds the Slack app. `runs` is not asked anything before the first event arrives. */
export async function createSlack(settings: SlackSettings, parts: SlackParts): Promise<Slack> {
  const logger = createBoltLogger(parts.log)
  const apps = createWorkspaceApps(parts, settings)
  const reminders = createExpiryReminders({ runs: parts.runs, log: parts.log, apps }, parts.reminders)
  const submissions = createConnectPolling(parts, ({ by }) => appFor(apps, by).deps)
  const { appToken } = settings
  const routed = <T extends HTTPReceiver | SocketModeReceiver>(receiver: T): T => {
    routeRequests(receiver, apps, parts.log, logger)
    return receiver
  }
  const socket =
    appToken === undefined
      ? undefined
      : createSocketMode(() => routed(socketReceiver(settings, appToken, logger)), parts.log)
  const listeners = [
    ...(socket === undefined ? [listenerOf(routed(httpReceiver(settings, logger)))] : []),
    ...(settings.oauth ? [installPagesFor(parts, settings, settings.oauth, { apps, logger })] : []),
  ]
  let connected = false
  return {
    renderDepsOf: (origin) => apps.of(origin).renderDeps,
    readFile: (origin, ...file) => apps.of(origin).readFile(origin, ...file),
    readThread: (origin, ...thread) => apps.of(origin).readThread(origin, ...thread),
    ableApprovers: (place, named, atPress) => ableApproversOf(apps.of(place).deps, place.workspace, named, atPress),
    groupApprovers: (place, ...asked) => groupApproversOf(apps.of(place).deps, place.workspace, ...asked),
    connectRefusal: (by, card) => connectRefusalFor(appFor(apps, by).deps, by, card),
    roleOf: (by) => roleOf(appFor(apps, by).deps, by),
    isMember: async (by) => (await appFor(apps, by).deps.people.of(by.user)).outsider === undefined,
    announceResourceChange: (watch) => announceResourceChange(appFor(apps, watch).deps, watch),
    tellToolChanges: (connection, note) => tellToolChanges(appFor(apps, connection).deps, connection, note),
    signedIn(news) {
      if (news.by !== undefined) void announceSignIn(appFor(apps, news.by).deps, news)
    },
    askForSignInCode: (news) => void askForSignInCode(appFor(apps, news.by).deps, news),
    secretsEntered: (news) => void announceSecrets(appFor(apps, news.by).deps, news),
    ...(listeners.length > 0 && { requestListener: listenerByPath(listeners) }),
    async start() {
      if (settings.oauth === undefined) await checkToken(apps)
      await connect(socket)
      connected = socket !== undefined
      reminders.start()
      submissions.start()
    },
    async [Symbol.asyncDispose]() {
      // A reminder under way is not waited for: Slack may be slow, and a stop has little time.
      void reminders.stop()
      void submissions.stop()
      for (const app of apps.all()) app.close()
      if (connected) await socket?.stop()
    },
  }
}

function createWorkspaceApps(parts: SlackParts, { apiUrl, oauth, botToken }: SlackSettings): WorkspaceApps {
  return oauth
    ? createManyWorkspaceApps(parts, { apiUrl, installations: oauth.installations })
    : createSingleWorkspaceApps(parts, { apiUrl, botToken })
}

/** The app in a person's workspace, where no request names a team. */
const appFor = (apps: WorkspaceApps, { workspace }: Pick<Principal, 'workspace'>) =>
  apps.of({ workspace, teamId: workspace })

/** Throws AppError `slack_failed` with what to put right. */
async function checkToken(apps: WorkspaceApps): Promise<void> {
  for (const { deps } of apps.all()) {
    await deps.bot().catch((cause) => {
      const why = slackErrorCodeOf(cause)
      throw why === undefined
        ? cause
        : slackFailed(`Slack refuses SLACK_BOT_TOKEN (${why}): copy it from Install App.`, cause)
    })
  }
}

async function connect(socket: SocketModeConnection | undefined): Promise<void> {
  const advice = 'check that SLACK_APP_TOKEN has the scope connections:write and that Socket Mode is on'
  await socket?.start().catch((cause) => {
    throw slackFailed(`Socket Mode could not be opened: ${advice}.`, cause)
  })
}

const slackFailed = (message: string, cause: unknown) => new AppError('slack_failed', message, { cause })

/** Hands each request that the receiver takes to the app of the workspace it is for. */
function routeRequests(
  receiver: HTTPReceiver | SocketModeReceiver,
  apps: WorkspaceApps,
  log: Log,
  logger: Logger,
): void {
  const bolt = new App({ receiver, authorize: async () => ({}), logger, convoStore: false })
  bolt.processEvent = async (received) => {
    const event = { ...received, body: bodyWithoutNulls(received.body), ack: ackInTime(received.ack) }
    if (event.body.type === 'app_rate_limited') {
      log.warn({ workspace: event.body.team_id }, 'Slack holds events back: the app got more than 30,000 in an hour')
      return event.ack()
    }
    const app = await apps.for(event.body)
    if (app) return app.handleEvent(event)
    log.warn(
      { type: event.body.type ?? event.body.command },
      'Slack asks for a workspace that has not installed the app',
    )
    await acknowledgeUninstalled(event)
  }
}

/** Null means absent, and Bolt takes the null of an object for one. */
function bodyWithoutNulls(body: ReceiverEvent['body']): ReceiverEvent['body'] {
  const kept = withoutNulls(body)
  return isPayloadFields(kept) ? kept : body
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

function installPagesFor(
  { settings }: SlackParts,
  { apiUrl }: SlackSettings,
  oauth: NonNullable<SlackSettings['oauth']>,
  { apps, logger }: { apps: WorkspaceApps; logger: Logger },
): Listener {
  const receiver = createInstallReceiver({ ...oauth, apiUrl, settings, logger, onInstalled: apps.drop })
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

function listenerByPath(listeners: Listener[]): Listener['listen'] {
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const found = listeners.find(({ paths }) => paths.includes(pathname))
    if (found) found.listen(request, response)
    else response.writeHead(404).end()
  }
}
