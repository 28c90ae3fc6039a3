import type { IncomingMessage, ServerResponse } from 'node:http'
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
import type { SocketWire } from './socket-wire.ts'
import type { Traffic } from './traffic.ts'
import type { Triggers } from './triggers.ts'
import type { Workspace } from './workspace.ts'

type Deps = {
  workspace: Workspace
  modals: Modals
  triggers: Triggers
  socket: SocketWire | undefined
  traffic: Traffic
}

/** These need no token. */
const OPEN = new Set(['api.test', 'blocks.validate'])

/** POST /api/<method>: always HTTP 200, with `ok` in the body, as Slack does. */
export function createWebApi(
  deps: Deps,
): (method: string, request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const methods = methodsOf(deps)
  return async (name, request, response) => {
    const args = await readArgs(request)
    const [at, begin] = [deps.workspace.now(), performance.now()]
    const answer = args === undefined ? refuse('invalid_json') : await call(name, args, request)
    const says = answer.ok ? 'ok' : String(answer.error)
    const verdict = answer.ok ? 'ok' : 'refused'
    deps.traffic.note({
      at,
      way: 'to_slack',
      name,
      verdict,
      says,
      ms: performance.now() - begin,
      request: args,
      answer,
    })
    answerJson(response, 200, answer)
  }

  async function call(name: string, args: Record<string, unknown>, request: IncomingMessage): Promise<Answer> {
    const method = methods[name]
    if (method === undefined) return { ...refuse('unknown_method'), req_method: name }
    const refused = OPEN.has(name) ? undefined : refuseToken(name, tokenOf(request, args))
    return refused ?? method(args)
  }

  function refuseToken(name: string, token: string): Answer | undefined {
    const { botToken, appToken } = deps.workspace.secrets
    if (token === '') return refuse('not_authed')
    if (token !== botToken && token !== appToken) return refuse('invalid_auth')
    const needed = name === 'apps.connections.open' ? appToken : botToken
    return token === needed ? undefined : refuse('not_allowed_token_type')
  }
}

function methodsOf({ workspace, modals, triggers, socket }: Omit<Deps, 'traffic'>): Methods {
  return {
    ...authMethods(workspace),
    ...userMethods(),
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
