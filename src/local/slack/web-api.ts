import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { agentMethods } from './api/agents.ts'
import { authMethods } from './api/auth.ts'
import { chatMethods } from './api/chat.ts'
import { conversationMethods } from './api/conversations.ts'
import { fileMethods } from './api/files.ts'
import { reactionMethods } from './api/reactions.ts'
import { streamMethods } from './api/streams.ts'
import { userMethods } from './api/users.ts'
import { viewMethods } from './api/views.ts'
import { type Answer, type Methods, refuse } from './args.ts'
import { answerJson, readArgs } from './bodies.ts'
import type { Modals } from './modals.ts'
import type { OAuth } from './oauth.ts'
import type { RateLimits } from './rate-limits.ts'
import type { SocketWire } from './socket-wire.ts'
import type { Traffic } from './traffic.ts'
import type { Triggers } from './triggers.ts'
import type { Forecast } from './weather.ts'
import type { Workspace } from './workspace.ts'

type Deps = {
  workspace: Workspace
  modals: Modals
  triggers: Triggers
  socket: SocketWire | undefined
  forecast: Forecast
  limits: RateLimits
  traffic: Traffic
  oauth: OAuth
}

/** These need no token. */
const OPEN = new Set(['api.test', 'blocks.validate', 'oauth.v2.access'])

/** POST /api/<method>: HTTP 200 with `ok` in the body, as Slack does, but for rate limits and ordered bad weather. */
export function createWebApi(
  deps: Deps,
): (method: string, request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const methods = methodsOf(deps)
  return async (name, request, response) => {
    const args = await readArgs(request)
    const [at, begin] = [deps.workspace.now(), performance.now()]
    const reply = await replyTo(name, args, request)
    const { ok, error } = reply.answer
    const verdict = ok ? ('ok' as const) : ('refused' as const)
    const ms = performance.now() - begin
    const says = ok ? 'ok' : String(error)
    deps.traffic.note({ at, way: 'to_slack', name, verdict, says, ms, request: args, answer: reply.answer })
    if (reply.wait !== undefined) response.setHeader('retry-after', String(reply.wait))
    answerJson(response, reply.status, reply.answer)
  }

  async function replyTo(
    name: string,
    args: Record<string, unknown> | undefined,
    request: IncomingMessage,
  ): Promise<Reply> {
    if (args === undefined) return { status: 200, answer: refuse('invalid_json') }
    return (await weathered(deps, name, args)) ?? { status: 200, answer: await call(name, args, request) }
  }

  async function call(name: string, args: Record<string, unknown>, request: IncomingMessage): Promise<Answer> {
    const method = methods[name]
    if (method === undefined) return { ...refuse('unknown_method'), req_method: name }
    if (OPEN.has(name)) return method(args)
    return refuseToken(name, tokenOf(request, args)) ?? refuseTeam(name) ?? method(args)
  }

  /** What is asked about the organization is answered all the same. */
  function refuseTeam(name: string): Answer | undefined {
    const withdrawn = deps.workspace.installs.live()?.withdrawn === true && !name.startsWith('auth.')
    return withdrawn ? refuse('team_access_not_granted') : undefined
  }

  function refuseToken(name: string, token: string): Answer | undefined {
    const { secrets, installs } = deps.workspace
    if (token === '') return refuse('not_authed')
    const standing = token === secrets.appToken ? 'app' : installs.standing(token)
    const fault = FAULTS[standing]
    if (fault !== undefined) return refuse(fault)
    const needed = name === 'apps.connections.open' ? 'app' : 'live'
    return standing === needed ? undefined : refuse('not_allowed_token_type')
  }
}

/** What Slack says of a token it does not take. */
const FAULTS: Record<string, string> = { unknown: 'invalid_auth', dead: 'account_inactive' }

type Reply = { status: number; answer: Answer; wait?: number }

/** What ordered weather and rate limits make of a call, before it is looked at. */
async function weathered(
  { forecast, limits }: Deps,
  name: string,
  args: Record<string, unknown>,
): Promise<Reply | undefined> {
  const weather = forecast.next(name)
  if (weather?.delay !== undefined) await sleep(weather.delay)
  if (weather?.status === 429) return tooMany(weather.retry_after ?? 1)
  if (weather?.status !== undefined)
    return { status: weather.status, answer: refuse(weather.error ?? 'internal_error') }
  if (weather?.error !== undefined) return { status: 200, answer: refuse(weather.error) }
  const wait = limits.wait(name, args)
  return wait === undefined ? undefined : tooMany(wait)
}

/** Slack's 429 (docs.slack.dev/apis/web-api/rate-limits): whole seconds, and the word in the body too. */
const tooMany = (wait: number) => ({ status: 429, answer: refuse('ratelimited'), wait })

function methodsOf({ workspace, modals, triggers, socket, oauth }: Omit<Deps, 'traffic'>): Methods {
  return {
    ...authMethods(workspace),
    ...oauth.methods,
    ...userMethods(workspace),
    ...conversationMethods(workspace),
    ...chatMethods(workspace),
    ...streamMethods(workspace),
    ...viewMethods({ workspace, modals, triggers }),
    ...fileMethods(workspace),
    ...agentMethods(workspace),
    ...reactionMethods(workspace),
    'apps.connections.open': () => {
      if (socket === undefined) return refuse('socket_mode_disabled', ['this workspace talks to the app over HTTP'])
      const path = socket.newTicket()
      return path === undefined
        ? refuse('too_many_websockets')
        : { ok: true, url: `${workspace.url.replace('http', 'ws')}${path}` }
    },
  }
}

function tokenOf(request: IncomingMessage, args: Record<string, unknown>): string {
  const header = request.headers.authorization ?? ''
  if (header.startsWith('Bearer ')) return header.slice('Bearer '.length)
  return typeof args.token === 'string' ? args.token : ''
}
