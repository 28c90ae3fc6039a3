import { createHmac } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { HTTPReceiver } from '@slack/bolt'
import { type Logger, WebClient } from '@slack/web-api'
import type { Installations, InstalledWorkspace } from '../../connect/installations.ts'
import { AppError, errorChainOf } from '../../errors.ts'
import { UserId, WorkspaceId } from '../../ids.ts'
import type { Settings } from '../../policy/settings.ts'
import { botScopesOf } from '../web-api/methods.ts'
import { clientOptionsFor } from '../web-api/web-api.ts'
import { withoutDebugLines } from './bolt-logger.ts'
import { PAGE_POLICY, renderFailedPage, renderInstalledPage, renderInstallPage } from './install-pages.ts'

export const INSTALL_PATH = '/slack/install'
export const REDIRECT_PATH = '/slack/oauth_redirect'

export type SlackOAuth = {
  clientId: string
  clientSecret: string
  /** Whether the Slack app has the agent surface, and so its scope. */
  agent: boolean
  /** The ids of the workspaces and organizations that may install it; undefined: any. */
  allowed?: string[] | undefined
  /** The monthly budget that a new workspace begins with, in US dollars. */
  budgetUsd?: number | undefined
}

type InstallDeps = SlackOAuth & {
  apiUrl: string
  /** Where browsers reach this app, without a slash at the end. */
  publicUrl: string
  installations: Installations
  settings: Pick<Settings, 'of' | 'change'>
  onInstalled(workspace: WorkspaceId): void
  logger: Logger
}

type Options = ConstructorParameters<typeof HTTPReceiver>[0]
type Store = NonNullable<Options['installationStore']>
type BoltInstallation = Parameters<Store['storeInstallation']>[0]

/**
 * Serves Bolt's pages on which people add the app to their workspace (docs.slack.dev/authentication/installing-with-oauth).
 * The receiver takes no other request, so that the pages are there in Socket Mode, too.
 */
export function createInstallReceiver(deps: InstallDeps): HTTPReceiver {
  const { clientId, clientSecret, apiUrl, publicUrl } = deps
  const scopes = botScopesOf(deps)
  const stateSecret = stateSecretOf(clientSecret)
  return new HTTPReceiver({
    // The receiver has no endpoint for signed requests, but Bolt wants a secret.
    signingSecret: stateSecret,
    endpoints: [],
    clientId,
    clientSecret,
    stateSecret,
    scopes,
    redirectUri: `${publicUrl}${REDIRECT_PATH}`,
    installationStore: installationStoreOf(deps),
    logger: withoutDebugLines(deps.logger),
    installerOptions: {
      installPath: INSTALL_PATH,
      redirectUriPath: REDIRECT_PATH,
      authorizationUrl: new URL('../../oauth/v2/authorize', apiUrl).href,
      clientOptions: clientOptionsFor(apiUrl, 0),
      renderHtmlForInstallPath: renderInstallPage,
      installPathOptions: {
        async beforeRedirection(_request, response) {
          setHeaders(response)
          return true
        },
      },
      callbackOptions: {
        success: (installation, _options, _request, response) =>
          sendPage(response, 200, renderInstalledPage(installedPageOf(installation, apiUrl))),
        failure: (error, _options, _request, response) => {
          const { status, html } = renderFailedPage(error, `${publicUrl}${INSTALL_PATH}`)
          sendPage(response, status, html)
        },
      },
    },
  })
}

/** The secret that signs the OAuth state, the same in all instances and without one more setting. */
export const stateSecretOf = (clientSecret: string): string =>
  createHmac('sha256', clientSecret).update('patchbay oauth state').digest('hex')

function installationStoreOf(deps: InstallDeps): Store {
  const { installations, onInstalled, agent } = deps
  return {
    async storeInstallation(installation) {
      const installed = installedWorkspaceOf(installation)
      const { workspace } = installed
      if (deps.allowed?.includes(workspace) === false) {
        await revokeToken(deps, installed.token)
        throw new AppError('not_allowed', `The workspace ${workspace} (${installed.name}) is not in INSTALL_ALLOW.`)
      }
      const isNew = (await installations.of(workspace)) === undefined
      await installations.save(installed)
      if (isNew) await setFirstBudget(deps, installed)
      onInstalled(installed.workspace)
    },
    async fetchInstallation({ isEnterpriseInstall, enterpriseId, teamId }) {
      const found = await installations.of(WorkspaceId.parse(isEnterpriseInstall ? enterpriseId : teamId))
      if (found === undefined) throw new AppError('not_found', 'The app is not installed there.')
      return boltInstallationOf(found, botScopesOf({ agent }))
    },
  }
}

/** Slack has given the token already, and nobody needs it. Never throws: Slack ends it with the app's removal, too. */
async function revokeToken({ apiUrl, logger }: InstallDeps, token: string): Promise<void> {
  try {
    await new WebClient(token, clientOptionsFor(apiUrl, 0)).auth.revoke()
  } catch (error) {
    logger.warn('the token of a workspace that may not install the app was not revoked', errorChainOf(error))
  }
}

/** An installation spends the money of whoever runs the app; what owners chose before stays. */
async function setFirstBudget({ settings, budgetUsd }: InstallDeps, { workspace, by }: InstalledWorkspace) {
  if (budgetUsd === undefined || (await settings.of(workspace)).budgetUsd !== undefined) return
  await settings.change({ workspace, user: by }, { budgetUsd })
}

function installedWorkspaceOf(given: BoltInstallation): InstalledWorkspace {
  const { isEnterpriseInstall, team, enterprise, bot, user } = given
  const place = isEnterpriseInstall === true ? enterprise : team
  if (place === undefined || bot === undefined)
    throw new AppError('slack_failed', 'Slack named no workspace, or gave no bot token.')
  return {
    workspace: WorkspaceId.parse(place.id),
    name: place.name ?? place.id,
    enterprise: isEnterpriseInstall === true,
    bot: bot.id,
    botUser: UserId.parse(bot.userId),
    by: UserId.parse(user.id),
    token: bot.token,
  }
}

function boltInstallationOf(found: InstalledWorkspace, scopes: string[]): BoltInstallation {
  const { workspace: id, name, enterprise, bot, botUser: userId, by, token } = found
  const place = { id, name }
  const rest = {
    bot: { id: bot, userId, token, scopes },
    user: { id: by, token: undefined, scopes: undefined },
    isEnterpriseInstall: enterprise,
  }
  return enterprise ? { ...rest, team: undefined, enterprise: place } : { ...rest, team: place, enterprise: undefined }
}

function installedPageOf(
  { isEnterpriseInstall, team, enterprise, enterpriseUrl, appId }: BoltInstallation,
  apiUrl: string,
) {
  const name = (isEnterpriseInstall === true ? enterprise : team)?.name ?? 'your workspace'
  if (isEnterpriseInstall === true)
    return {
      name,
      next: 'organization' as const,
      url: `${enterpriseUrl ?? ''}manage/organization/apps/profile/${appId}/workspaces/add`,
    }
  const host = /(?:^|\.)slack-gov\.com$/.test(new URL(apiUrl).hostname) ? 'slack-gov.com' : 'slack.com'
  return { name, next: 'workspace' as const, url: `https://${host}/app_redirect?app=${appId}&team=${team?.id}` }
}

function setHeaders(response: ServerResponse): void {
  response.setHeader('content-security-policy', PAGE_POLICY)
  response.setHeader('cache-control', 'no-store')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('x-content-type-options', 'nosniff')
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  setHeaders(response)
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html)
}
