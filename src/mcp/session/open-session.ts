import { Client } from '@modelcontextprotocol/client'
import { elicitationPolicyOf, toElicitResult } from '../elicitation/elicitation-result.ts'
import { readElicitation } from '../elicitation/read-elicitation.ts'
import { createElicitationRouter } from '../elicitation/route-elicitation.ts'
import { SKILLS_EXTENSION } from '../features/skills.ts'
import { userPasswordPairsIn } from '../protocol/fill-placeholders.ts'
import { registerNotificationHandlers } from '../protocol/notifications.ts'
import { createPathRedactor } from '../protocol/redact-paths.ts'
import { createRedactor } from '../protocol/redact-secrets.ts'
import { openHttpSession } from '../transport/open-http.ts'
import { openStdioSession } from '../transport/open-stdio.ts'
import type { OpenDeps, SessionRequest, Wiring } from '../transport/opening.ts'
import type { Session } from '../transport/session.ts'

// 64 pages of tools are more than a model could ever be offered.
const LIST_MAX_PAGES = 64

/** Opens a session. Throws AppErrors with a sentence for a person; an abort of `signal` also ends the opening. */
export async function openSession(deps: OpenDeps, opening: SessionRequest, signal: AbortSignal): Promise<Session> {
  const { target } = opening
  const redactor = createRedactor(
    secretsOf(opening),
    target.kind === 'stdio' ? await createPathRedactor(target) : (text) => text,
  )
  const policy = elicitationPolicyOf(deps, redactor)
  const elicitations = createElicitationRouter()
  const wiring: Wiring = {
    shutdown: deps.shutdown,
    newClient: (probeMs) => newClient(deps, opening, { redactor, policy, elicitations }, probeMs),
    finish: (session) => {
      const ended = new Promise<void>((resolve) => {
        session.client.onclose = resolve
      })
      return {
        ...session,
        stderrTail: () => redactor.text(session.stderrTail()),
        redactor,
        policy,
        elicitations,
        ended,
      }
    },
  }
  if (target.kind === 'stdio') return openStdioSession(deps, { ...opening, target, redactor }, wiring, signal)
  return openHttpSession(deps, { ...opening, target }, wiring, signal)
}

/** The connection's secrets with the tokens it has had so far; the same array as long as they are the same. */
function secretsOf({ target, secrets, bearer }: SessionRequest): () => string[] {
  const pairs =
    target.kind === 'http' ? userPasswordPairsIn(Object.values(target.headers), { ...target.values, ...secrets }) : []
  const own = [...Object.values(secrets), ...pairs]
  let all = own
  let tokens: string[] = []
  return () => {
    const now = bearer?.secrets() ?? tokens
    if (now !== tokens) {
      tokens = now
      all = [...own, ...now]
    }
    return all
  }
}

type Inner = Pick<Session, 'redactor' | 'policy' | 'elicitations'>

function newClient(
  deps: OpenDeps,
  opening: SessionRequest,
  { redactor, policy, elicitations }: Inner,
  probeMs: number,
): Client {
  const client = new Client(
    { name: 'patchbay', version: '1.0.0' },
    {
      // All a server may ask of us: questions to the person. No sampling, no roots.
      capabilities: { elicitation: { form: { applyDefaults: true }, url: {} }, extensions: SKILLS_EXTENSION },
      versionNegotiation: { mode: 'auto', probe: { timeoutMs: probeMs } },
      inputRequired: { autoFulfill: false },
      listMaxPages: LIST_MAX_PAGES,
      ...(opening.cache !== undefined && { responseCacheStore: opening.cache }),
    },
  )
  // Only the old protocol comes here; the new one answers a call with what it needs. What cannot be asked is refused on the wire.
  client.setRequestHandler('elicitation/create', async ({ params }, ctx) =>
    toElicitResult(await elicitations.ask(readElicitation(params, policy), ctx.mcpReq.signal)),
  )
  registerNotificationHandlers(client, redactor, (what) => opening.onChanged(what))
  client.onerror = (error) => deps.log.debug({ server: opening.target.title, error: error.name }, 'mcp transport error')
  return client
}
