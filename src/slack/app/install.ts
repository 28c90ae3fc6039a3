import { createHmac } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { HTTPReceiver } from '@slack/bolt'
import type { Logger } from '@slack/web-api'
import type { Installations, InstalledWorkspace } from '../../connect/installations.ts'
import { AppError } from '../../errors.ts'
import { UserId, WorkspaceId } from '../../ids.ts'
import { BOT_SCOPES } from '../web-api/methods.ts'
import { clientOptionsFor } from '../web-api/web-api.ts'
import { withoutDebugLines } from './bolt-logger.ts'
import { PAGE_POLICY, renderFailedPage, renderInstalledPage, renderInstallPage } from './install-pages.ts'

export const INSTALL_PATH = '/slack/install'
export const REDIRECT_PATH = '/slack/oauth_redirect'

export type SlackOAuth = { clientId: string; clientSecret: string }

type InstallDeps = SlackOAuth & {
  apiUrl: string
  /** Where browsers reach this app, without a slash at the end. */
  publicUrl: string
  installations: Installations
  installed(workspace: WorkspaceId): void
  logger: Logger
}

type Options = ConstructorParameters<typeof HTTPReceiver>[0]
type Store = NonNullable<Options['installationStore']>
type Given = Parameters<Store['storeInstallation']>[0]

/**
 * The pages on which people add the app to their workspace, which are Bolt's own (docs.slack.dev/authentication/installing-with-oauth).
 * A receiver of their own serves them, so that they are there in Socket Mode, too; no other request gets to it.
 */
export function createInstallReceiver(deps: InstallDeps): HTTPReceiver {
  const { clientId, clientSecret, apiUrl, publicUrl } = deps
  const stateSecret = stateSecretOf(clientSecret)
  return new HTTPReceiver({
    // There is no endpoint here whose requests could be signed.
    signingSecret: stateSecret,
    endpoints: [],
    clientId,
    clientSecret,
    stateSecret,
    scopes: BOT_SCOPES,
    redirectUri: `${publicUrl}${REDIRECT_PATH}`,
    installationStore: storeOf(deps),
    logger: withoutDebugLines(deps.logger),
    installerOptions: {
      installPath: INSTALL_PATH,
      redirectUriPath: REDIRECT_PATH,
      authorizationUrl: new URL('../../oauth/v2/authorize', apiUrl).href,
      clientOptions: clientOptionsFor(apiUrl, 0),
      renderHtmlForInstallPath: renderInstallPage,
      installPathOptions: {
        async beforeRedirection(_request, response) {
          headers(response)
          return true
        },
      },
      callbackOptions: {
        success: (installation, _options, _request, response) =>
          answer(response, 200, renderInstalledPage(pictureOf(installation))),
        failure: (error, _options, _request, response) => {
          const { status, html } = renderFailedPage(error, `${publicUrl}${INSTALL_PATH}`)
          answer(response, status, html)
        },
      },
    },
  })
}

/** All instances sign the state alike, and nobody has to make up one more secret. */
export const stateSecretOf = (clientSecret: string): string =>
  createHmac('sha256', clientSecret).update('patchbay oauth state').digest('hex')

function storeOf({ installations, installed }: InstallDeps): Store {
  return {
    async storeInstallation(installation) {
      const mine = installedOf(installation)
      await installations.save(mine)
      installed(mine.workspace)
    },
    async fetchInstallation({ isEnterpriseInstall, enterpriseId, teamId }) {
      const found = await installations.of(WorkspaceId.parse(isEnterpriseInstall ? enterpriseId : teamId))
      if (found === undefined) throw new AppError('not_found', 'The app is not installed there.')
      return asBolt(found)
    },
  }
}

function installedOf(given: Given): InstalledWorkspace {
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

function asBolt({ workspace: id, name, enterprise, bot, botUser: userId, by, token }: InstalledWorkspace): Given {
  const place = { id, name }
  const rest = {
    bot: { id: bot, userId, token, scopes: BOT_SCOPES },
    user: { id: by, token: undefined, scopes: undefined },
    isEnterpriseInstall: enterprise,
  }
  return enterprise ? { ...rest, team: undefined, enterprise: place } : { ...rest, team: place, enterprise: undefined }
}

function pictureOf({ isEnterpriseInstall, team, enterprise, enterpriseUrl, appId }: Given) {
  const name = (isEnterpriseInstall === true ? enterprise : team)?.name ?? 'your workspace'
  if (isEnterpriseInstall === true)
    return {
      name,
      next: 'organization' as const,
      url: `${enterpriseUrl ?? ''}manage/organization/apps/profile/${appId}/workspaces/add`,
    }
  return { name, next: 'workspace' as const, url: `https://slack.com/app_redirect?app=${appId}&team=${team?.id}` }
}

function headers(response: ServerResponse): void {
  response.setHeader('content-security-policy', PAGE_POLICY)
  response.setHeader('cache-control', 'no-store')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('x-content-type-options', 'nosniff')
}

function answer(response: ServerResponse, status: number, html: string): void {
  headers(response)
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html)
}
