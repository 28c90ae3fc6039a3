import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultInjection } from '../delivery/fault-injection.ts'
import type { SocketModeTransport } from '../delivery/socket-mode.ts'
import type { TrafficLog } from '../delivery/traffic-log.ts'
import type { ModalStacks } from '../workspace/modal-stacks.ts'
import type { TriggerIds } from '../workspace/trigger-ids.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { checkScopes, type ScopeHeaders } from './method-scopes.ts'
import { createAgentMethods } from './methods/agents.ts'
import { createAuthMethods } from './methods/auth.ts'
import { createChatMethods } from './methods/chat.ts'
import { createConversationMethods } from './methods/conversations.ts'
import { createFileMethods } from './methods/files.ts'
import { createFunctionMethods } from './methods/functions.ts'
import { type MethodResponse, type Methods, refuse } from './methods/method-args.ts'
import { createReactionMethods } from './methods/reactions.ts'
import { createStreamMethods } from './methods/streams.ts'
import { createUsergroupMethods } from './methods/usergroups.ts'
import { createUserMethods } from './methods/users.ts'
import { createViewMethods } from './methods/views.ts'
import type { OAuth } from './oauth.ts'
import type { RateLimits } from './rate-limits.ts'
import { type MethodBody, readMethodArgs, sendJson } from './request-bodies.ts'

type Deps = {
  workspace: Workspace
  modals: ModalStacks
  triggers: TriggerIds
  socket: SocketModeTransport | undefined
  faults: FaultInjection
  limits: RateLimits
  traffic: TrafficLog
  oauth: OAuth
}

/** Methods that need no token. */
const OPEN = new Set(['api.test', 'blocks.validate', 'oauth.v2.access'])

/** Methods that take no JSON (their "Content types" at docs.slack.dev/reference/methods). */
const FORM_ONLY = new Set([
  'auth.teams.list',
  'bots.info',
  'chat.getPermalink',
  'conversations.info',
  'conversations.list',
  'conversations.members',
  'conversations.replies',
  'files.getUploadURLExternal',
  'files.info',
  'oauth.v2.access',
  'reactions.get',
  'usergroups.list',
  'usergroups.users.list',
  'users.info',
  'users.list',
  'users.lookupByEmail',
])

/** POST /api/<method>: answers HTTP 200 with `ok` in the body like Slack, except for rate limits and injected faults. */
export function createWebApi(
  deps: Deps,
): (method: string, request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const methods = methodsOf(deps)
  return async (name, request, response) => {
    const body = await readMethodArgs(request, !FORM_ONLY.has(name))
    const [at, begin] = [deps.workspace.now(), performance.now()]
    const reply = await replyTo(name, body, request)
    const { ok, error } = reply.answer
    const verdict = ok ? ('ok' as const) : ('refused' as const)
    const ms = performance.now() - begin
    const says = ok ? 'ok' : String(error)
    deps.traffic.note({ at, way: 'to_slack', name, verdict, says, ms, request: body.args, answer: reply.answer })
    for (const [header, value] of Object.entries(reply.headers ?? {})) response.setHeader(header, value)
    if (reply.wait !== undefined) response.setHeader('retry-after', String(reply.wait))
    sendJson(response, reply.status, reply.answer)
  }

  async function replyTo(name: string, { args = {}, error }: MethodBody, request: IncomingMessage): Promise<Reply> {
    if (error !== undefined) return answered(refuse(error))
    return (await injected(deps, name, args)) ?? (await call(name, args, request))
  }

  async function call(name: string, args: Record<string, unknown>, request: IncomingMessage): Promise<Reply> {
    const method = methods[name]
    if (method === undefined) return answered({ ...refuse('unknown_method'), req_method: name })
    if (OPEN.has(name)) return answered(await method(args))
    const refused = refuseToken(name, tokenOf(request, args)) ?? refuseTeam(name)
    if (refused !== undefined) return answered(refused)
    const { headers, refused: lacking } = checkScopes(deps.workspace, name, args)
    return { ...answered(lacking ?? (await method(args))), headers }
  }

  /** Methods about the organization still work in a workspace that the app was taken from. */
  function refuseTeam(name: string): MethodResponse | undefined {
    const withdrawn = deps.workspace.appTokens.live()?.withdrawn === true && !name.startsWith('auth.')
    return withdrawn ? refuse('team_access_not_granted') : undefined
  }

  /** The token of a workflow's step is good while the step runs (github.com/slackapi/deno-slack-sdk/issues/284). */
  function standingOf(token: string): 'app' | 'live' | 'dead' | 'ended' | 'unknown' {
    const { secrets, appTokens, executions } = deps.workspace
    if (token === secrets.appToken) return 'app'
    const step = executions.values().find((one) => one.token === token)
    if (step !== undefined) return step.status === 'running' ? 'live' : 'ended'
    return appTokens.statusOf(token)
  }

  function refuseToken(name: string, token: string): MethodResponse | undefined {
    if (token === '') return refuse('not_authed')
    const standing = standingOf(token)
    const fault = FAULTS[standing]
    if (fault !== undefined) return refuse(fault)
    const needed = name === 'apps.connections.open' ? 'app' : 'live'
    return standing === needed ? undefined : refuse('not_allowed_token_type')
  }
}

/** Slack's error for each kind of bad token. */
const FAULTS: Record<string, string> = {
  unknown: 'invalid_auth',
  dead: 'account_inactive',
  ended: 'token_revoked',
}

type Reply = { status: number; answer: MethodResponse; wait?: number; headers?: ScopeHeaders }

const answered = (answer: MethodResponse): Reply => ({ status: 200, answer })

/** Applies injected faults and rate limits before a call is handled. */
async function injected(
  { faults, limits }: Deps,
  name: string,
  args: Record<string, unknown>,
): Promise<Reply | undefined> {
  const fault = faults.next(name)
  if (fault?.delay !== undefined) await sleep(fault.delay)
  if (fault?.status === 429) return tooMany(fault.retry_after ?? 1)
  if (fault?.status !== undefined) return { status: fault.status, answer: refuse(fault.error ?? 'internal_error') }
  if (fault?.error !== undefined) return { status: 200, answer: refuse(fault.error) }
  const wait = limits.wait(name, args)
  return wait === undefined ? undefined : tooMany(wait)
}

/** Slack's 429 (docs.slack.dev/apis/web-api/rate-limits): whole seconds, and the error in the body as well. */
const tooMany = (wait: number) => ({ status: 429, answer: refuse('ratelimited'), wait })

function methodsOf({ workspace, modals, triggers, socket, oauth, limits }: Omit<Deps, 'traffic'>): Methods {
  return {
    ...createAuthMethods(workspace),
    ...oauth.methods,
    ...createUserMethods(workspace),
    ...createUsergroupMethods(workspace),
    ...createConversationMethods(workspace, limits.pageSize),
    ...createChatMethods(workspace),
    ...createStreamMethods(workspace),
    ...createViewMethods({ workspace, modals, triggers }),
    ...createFileMethods(workspace),
    ...createFunctionMethods(workspace),
    ...createAgentMethods(workspace),
    ...createReactionMethods(workspace),
    'apps.connections.open': () => {
      if (socket === undefined) return refuse('socket_mode_disabled', ['this workspace talks to the app over HTTP'])
      const path = socket.newTicket()
      return path === undefined
        ? refuse('too_many_websockets')
        : { ok: true, url: `${workspace.filesUrl.replace('http', 'ws')}${path}` }
    },
  }
}

function tokenOf(request: IncomingMessage, args: Record<string, unknown>): string {
  const header = request.headers.authorization ?? ''
  if (header.startsWith('Bearer ')) return header.slice('Bearer '.length)
  return typeof args.token === 'string' ? args.token : ''
}
