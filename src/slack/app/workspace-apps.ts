import { App, type ReceiverEvent } from '@slack/bolt'
import type { Logger } from '@slack/web-api'
import type { Installations } from '../../connect/installations.ts'
import { errorChainOf } from '../../errors.ts'
import type { WorkspaceId } from '../../ids.ts'
import type { ReadFile, ReadThread } from '../../run/deps.ts'
import type { Origin } from '../../run/state/events.ts'
import { postAgentOffer } from '../agents/agent-offer.ts'
import { postMissingConnections } from '../agents/missing-connections.ts'
import type { SlackDeps, WebApiDeps } from '../deps.ts'
import { createHome } from '../home/home.ts'
import { refuseOutsider } from '../interactions/outsiders.ts'
import { watchedRequest } from '../interactions/taken.ts'
import { createFileCache, createFileReader, type FileCache } from '../messages/file-reader.ts'
import { createThreadReader } from '../messages/thread-context.ts'
import { createOnboardingRefresh, postConnectOffer } from '../onboarding/refresh-onboarding.ts'
import type { RenderDeps } from '../render/message-records.ts'
import { createAgentIdentities } from '../web-api/agent-identity.ts'
import { createAgentSessions } from '../web-api/agents.ts'
import { createDownloadFile } from '../web-api/download-file.ts'
import { createPeopleNames } from '../web-api/people-names.ts'
import { createSlackNames } from '../web-api/slack-names.ts'
import { type BotIdentity, createBotIdentity, createDirectMessages, createSlackUsers } from '../web-api/users.ts'
import { createNotInstalledError, createWebApi, type TokenSource, type WebApi } from '../web-api/web-api.ts'
import { createBoltLogger } from './bolt-logger.ts'
import { registerListeners } from './register.ts'
import type { SlackParts } from './slack-parts.ts'
import { answerUnknownRequest } from './unknown-requests.ts'
import { type RequestWorkspace, requestWorkspacesOf } from './workspace-of-request.ts'

/** The app in one workspace, or in each that installed it. */
export type WorkspaceApps = {
  /** The app in a run's workspace, whether or not it is still installed there. */
  of(origin: Pick<Origin, 'workspace' | 'teamId'>): WorkspaceApp
  /** The app that a request from Slack is for; undefined where it is not installed. Throws AppError `database_unavailable`. */
  for(body: unknown): Promise<WorkspaceApp | undefined>
  all(): WorkspaceApp[]
  /** Drops what is remembered of a workspace: the app was installed there anew, or removed. */
  drop(workspace: WorkspaceId): void
}

/** Counts all requests for the one workspace, whatever team they name. */
export function createSingleWorkspaceApps(parts: SlackParts, o: { apiUrl: string; botToken: string }): WorkspaceApps {
  const auth: WorkspaceAuth = {
    tokens: { apiUrl: o.apiUrl, token: async () => o.botToken, renewedToken: async () => undefined },
    bot: createBotIdentity,
    async forgetToken() {
      parts.log.error(
        'the app was removed from its workspace: install it again, and set SLACK_BOT_TOKEN to its new token',
      )
    },
  }
  const app = createWorkspaceApp(parts, auth, createFileCache())
  return { of: () => app, for: async () => app, all: () => [app], drop: () => undefined }
}

type InstalledApps = { apiUrl: string; installations: Installations }

export function createManyWorkspaceApps(parts: SlackParts, installed: InstalledApps): WorkspaceApps {
  const apps = new Map<string, { place: RequestWorkspace; app: WorkspaceApp }>()
  const files = createFileCache()
  const drop = (workspace: WorkspaceId) => {
    for (const [key, { place, app }] of apps) {
      if (place.workspace !== workspace) continue
      app.close()
      apps.delete(key)
    }
  }
  const appIn = (place: RequestWorkspace): WorkspaceApp => {
    const key = `${place.workspace} ${place.team}`
    const known = apps.get(key)
    if (known !== undefined) return known.app
    const app = createWorkspaceApp(parts, authIn(installed, place, drop), files)
    apps.set(key, { place, app })
    return app
  }
  return {
    of: ({ workspace, teamId: team }) => appIn({ workspace, team }),
    async for(body) {
      for (const place of requestWorkspacesOf(body)) {
        if ((await installed.installations.of(place.workspace)) !== undefined) return appIn(place)
      }
      return undefined
    },
    all: () => [...apps.values()].map(({ app }) => app),
    drop,
  }
}

function authIn(
  { apiUrl, installations }: InstalledApps,
  { workspace, team }: RequestWorkspace,
  drop: WorkspaceApps['drop'],
): WorkspaceAuth {
  const installation = async () => {
    const found = await installations.of(workspace)
    if (found === undefined) throw createNotInstalledError()
    return found
  }
  return {
    tokens: {
      apiUrl,
      token: async () => (await installation()).token,
      async renewedToken(refused) {
        installations.recheck(workspace)
        const now = await installations.of(workspace)
        return now?.token === refused ? undefined : now?.token
      },
      ...(workspace !== team && { team }),
    },
    bot: () => async () => {
      const { bot, botUser: user } = await installation()
      return { user, bot, workspace, team }
    },
    async forgetToken() {
      await installations.remove(await installation())
      drop(workspace)
    },
  }
}

/** How the app authenticates in one workspace. */
export type WorkspaceAuth = {
  tokens: TokenSource
  bot(webApi: WebApi): () => Promise<BotIdentity>
  /** Forgets a token that Slack does not take any more. */
  forgetToken(): Promise<void>
}

/** The app in one workspace: a Bolt app with its listeners, and what it remembers of the workspace. */
export type WorkspaceApp = {
  deps: SlackDeps
  renderDeps: RenderDeps
  readFile: ReadFile
  readThread: ReadThread
  handleEvent(event: ReceiverEvent): Promise<void>
  close(): void
}

/** `files` is shared by all workspaces, as its size is limited. */
function createWorkspaceApp(parts: SlackParts, auth: WorkspaceAuth, files: FileCache): WorkspaceApp {
  const { log } = parts
  const logger = createBoltLogger(log)
  const webApi = createWebApi(auth.tokens, logger)
  const bot = auth.bot(webApi)
  const people = createSlackUsers(
    webApi,
    log,
    bot,
    async () => (await parts.settings.of((await bot()).workspace)).owners,
  )
  const identities = createAgentIdentities(log)
  const slack = {
    webApi,
    bot,
    people,
    names: createSlackNames(webApi, people, log),
    directMessageOf: createDirectMessages({ webApi, log }),
    identities,
    peopleNames: createPeopleNames(webApi),
    sessions: createAgentSessions({ webApi, identities, log }),
    log,
  }
  const home = createHome({ ...parts, ...slack })
  const downloadFile = createDownloadFile(auth.tokens)
  const onboarding = createOnboardingRefresh({ ...parts, ...slack })
  const refreshHome: SlackDeps['refreshHome'] = (principal) => {
    home.refresh(principal)
    onboarding.refresh(principal)
  }
  const deps: SlackDeps = { ...parts, ...slack, downloadFile, refreshHome, publishHome: home.publish }
  const app = createBoltApp(auth.tokens, slack, logger)
  registerListeners(app, deps, auth.forgetToken)
  return {
    deps,
    renderDeps: {
      ...deps,
      streams: { open: 0, offUntil: 0 },
      async postOffers(state) {
        if (!(await postMissingConnections(deps, state))) await postConnectOffer(deps, state)
        await postAgentOffer(deps, state)
      },
    },
    readFile: createFileReader(deps, downloadFile, files),
    readThread: createThreadReader(deps),
    async handleEvent(event) {
      if (!(await refuseOutsider(deps, event))) await app.processEvent(event)
    },
    close() {
      home.close()
      onboarding.close()
    },
  }
}

function createBoltApp({ apiUrl, token }: TokenSource, deps: WebApiDeps, logger: Logger): App {
  const authorize = async () => {
    const [me, botToken] = await Promise.all([deps.bot(), token()])
    return { botToken, botId: me.bot, botUserId: me.user, teamId: me.team }
  }
  // Requests come in through `handleEvent`.
  const receiver = { init: () => undefined, start: async () => undefined, stop: async () => undefined }
  const app = new App({ receiver, authorize, logger, convoStore: false, clientOptions: { slackApiUrl: apiUrl } })
  acknowledgeAfterListeners(app, deps)
  app.error(async (error) => {
    logger.error(errorChainOf(error))
    // An event whose listener failed must not be acknowledged.
    throw error
  })
  return app
}

/**
 * Acknowledges an event only after its listeners are done, so that Slack delivers it again after a crash or an error; Bolt does it before.
 * Commands, presses and submissions are acknowledged by their listeners, and here where there is none.
 */
function acknowledgeAfterListeners(app: App, deps: WebApiDeps): void {
  const process = app.processEvent.bind(app)
  app.processEvent = async (event: ReceiverEvent) => {
    const isEvent = event.body.type === 'event_callback'
    const [request, customProperties] = watchedRequest()
    await process({ ...event, customProperties, ...(isEvent && { ack: async () => undefined }) })
    if (!request.taken) return answerUnknownRequest(deps, event)
    if (isEvent) await event.ack()
  }
}
