import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { APP } from '../workspace/seed.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { defineMethod, type MethodResponse, type Methods, refuse } from './methods/method-args.ts'
import { readArgs, sendText } from './request-bodies.ts'

/** The app's OAuth client credentials. */
export type OAuthClient = { id: string; secret: string }

/** Slack's codes work once, for ten minutes (docs.slack.dev/authentication/installing-with-oauth). */
const CODE_LIFE_MS = 600_000

type Grant = { redirect: string; scope: string; by: string; org: boolean; expiresAt: number }

export type OAuth = {
  /** Serves the consent page on GET and takes the person's decision on POST. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>
  methods: Methods
}

const Asked = z.object({
  client_id: z.string(),
  redirect_uri: z.url(),
  scope: z.string().min(1),
  state: z.string().default(''),
})
const Answered = Asked.extend({
  as: z.string(),
  decision: z.enum(['allow', 'cancel']),
  org: z.literal('on').optional(),
})
type Asked = z.infer<typeof Asked>

/** Creates the OAuth installation: a person consents, and the app exchanges a code for its token; without a client every request is refused. */
export function createOAuth(workspace: Workspace, client: OAuthClient | undefined): OAuth {
  const grants = new Map<string, Grant | 'used'>()
  const decide = (answered: z.infer<typeof Answered>, declined: string[]): string => {
    const back = new URL(answered.redirect_uri)
    if (answered.state !== '') back.searchParams.set('state', answered.state)
    if (answered.decision === 'cancel') {
      back.searchParams.set('error', 'access_denied')
      return back.href
    }
    const code = `${workspace.team.id}.${randomBytes(16).toString('hex')}`
    const by = workspace.person(answered.as)?.id ?? ''
    const { redirect_uri: redirect } = answered
    const scope = answered.scope
      .split(',')
      .filter((one) => !declined.includes(one))
      .join(',')
    grants.set(code, { redirect, scope, by, org: answered.org === 'on', expiresAt: workspace.now() + CODE_LIFE_MS })
    back.searchParams.set('code', code)
    return back.href
  }
  return {
    async serve(request, response) {
      const input = await readArgs(request)
      const fault = faultOf(workspace, client, input)
      if (fault !== undefined) return sendText(response, 400, fault)
      if (request.method !== 'POST') return answerPage(response, askPage(workspace, Asked.parse(input)))
      const answered = Answered.safeParse(input)
      if (!answered.success) return sendText(response, 400, 'as and decision (allow or cancel) are needed')
      const declined = declinedIn(workspace, input)
      response.writeHead(302, { location: decide(answered.data, declined) }).end()
    },
    methods: { 'oauth.v2.access': access(workspace, client, grants) },
  }
}

function faultOf(workspace: Workspace, client: OAuthClient | undefined, input: unknown): string | undefined {
  const asked = Asked.safeParse(input)
  if (!asked.success)
    return `Slack cannot ask: ${asked.error.issues.map(({ path }) => path.join('.')).join(', ')} is missing or wrong`
  if (asked.data.client_id !== client?.id) return 'invalid_client_id'
  const { botScopes, redirectUrls } = workspace.manifest()
  if (botScopes && !asked.data.scope.split(',').every((scope) => botScopes.includes(scope)))
    return 'invalid_scope_requested'
  if (!redirectUrls.some((known) => isUnder(known, asked.data.redirect_uri))) return 'bad_redirect_uri'
  const wantsOrg = z.object({ org: z.string() }).safeParse(input).success
  return wantsOrg && workspace.team.enterprise === undefined ? 'this workspace belongs to no organization' : undefined
}

/** The optional scopes that the person leaves out (docs.slack.dev/authentication/installing-with-oauth#optional-scopes). */
const declinedIn = (workspace: Workspace, input: Record<string, unknown> = {}): string[] =>
  workspace.manifest().optionalScopes.filter((scope) => input[`without ${scope}`] === 'on')

/** An address counts that is one of the manifest's, or lies below one (docs.slack.dev/authentication/installing-with-oauth). */
function isUnder(known: string, asked: string): boolean {
  const [base, given] = [new URL(known), new URL(asked)]
  const folder = base.pathname.replace(/\/*$/, '/')
  return given.origin === base.origin && `${given.pathname}/`.startsWith(folder)
}

const Access = z.object({
  client_id: z.string(),
  client_secret: z.string(),
  code: z.string(),
  redirect_uri: z.string().optional(),
})

function access(workspace: Workspace, client: OAuthClient | undefined, grants: Map<string, Grant | 'used'>) {
  return defineMethod(Access, (args) => {
    if (args.client_id !== client?.id) return refuse('invalid_client_id')
    if (args.client_secret !== client.secret) return refuse('bad_client_secret')
    const grant = grants.get(args.code)
    const fault = grantFault(grant, args.redirect_uri, workspace.now())
    if (grant === undefined || grant === 'used' || fault !== undefined) return refuse(fault ?? 'invalid_code')
    grants.set(args.code, 'used')
    return installed(workspace, grant)
  })
}

function grantFault(grant: Grant | 'used' | undefined, redirect: string | undefined, now: number): string | undefined {
  if (grant === undefined) return 'invalid_code'
  if (grant === 'used') return 'code_already_used'
  if (grant.redirect !== redirect) return 'bad_redirect_uri'
  return now > grant.expiresAt ? 'code_expired' : undefined
}

function installed({ team, appTokens }: Workspace, { by, org, scope }: Grant): MethodResponse {
  return {
    ok: true,
    access_token: appTokens.add(by, org, scope.split(',')).token,
    token_type: 'bot',
    scope,
    bot_user_id: APP.user,
    app_id: APP.id,
    team: org ? null : { id: team.id, name: team.name },
    enterprise: team.enterprise ?? null,
    is_enterprise_install: org,
    authed_user: { id: by },
  }
}

function answerPage(response: ServerResponse, html: string): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html)
}

function askPage({ team, people: everybody, manifest }: Workspace, asked: Asked): string {
  const kept = Object.entries(asked).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`,
  )
  const members = everybody.values().filter(({ bot, standing }) => !bot && standing === undefined)
  const people = members.map(({ name, realName }) => `<option value="${name}">${escaped(realName)}</option>`)
  const org =
    team.enterprise === undefined
      ? ''
      : `<p><label><input type="checkbox" name="org"> for all workspaces of ${escaped(team.enterprise.name)}</label></p>`
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${APP.name} wants to be added</title>
<style>body{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;padding:0 1rem}button{font:inherit;padding:.5rem 1.2rem}</style>
<h1>${APP.name} wants to be added to ${escaped(team.name)}</h1>
<p>It asks for:</p><ul>${asked.scope
    .split(',')
    .map((scope) => `<li>${escaped(scope)}${manifest().optionalScopes.includes(scope) ? withoutBox(scope) : ''}</li>`)
    .join('')}</ul>
<form id="ask" method="post" action="/oauth/v2/authorize">${kept.join('')}
<p><label>You are <select name="as">${people.join('')}</select></label></p>${org}
<button name="decision" value="allow">Allow</button> <button name="decision" value="cancel">Cancel</button></form></html>
`
}

const withoutBox = (scope: string): string =>
  ` <label><input type="checkbox" form="ask" name="without ${escaped(scope)}"> leave this out</label>`

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replace(/[&<>"']/g, (found) => ENTITIES[found] ?? found)
