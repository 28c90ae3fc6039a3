import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLocalStore } from '../../src/credentials/local.ts'
import { credentialReferenceOf, saveSecrets } from '../../src/credentials/secrets.ts'
import { createEgress } from '../../src/egress/egress.ts'
import { createConnectionId } from '../../src/ids.ts'
import type { JsonObject } from '../../src/json.ts'
import { createAuth } from '../../src/mcp/auth/auth.ts'
import { type Identity, saveIdentity } from '../../src/mcp/auth/enterprise/identity.ts'
import type { InputAnswer, InputRequest, ResumeAnswers } from '../../src/mcp/elicitation/input-request.ts'
import type { Skill } from '../../src/mcp/features/skills.ts'
import { createMcp } from '../../src/mcp/mcp.ts'
import { type AuthChallenge, authChallengeIn } from '../../src/mcp/protocol/auth-challenge.ts'
import type { HttpTarget } from '../../src/mcp/protocol/server-target.ts'
import type { ToolOutcome } from '../../src/mcp/requests/outcome.ts'
import type { StoredTool } from '../../src/registry/connection.ts'
import { createOpenSandbox } from '../../src/sandbox/sandbox.ts'
import { memoryLog } from '../support/log.ts'
import { PERSON, remote } from '../support/mcp-house.ts'
import { createMemoryRegistry } from '../support/memory-registry.ts'

/** As often as a run asks for a sign-in in one call. */
const MAX_SIGN_INS = 2
const MAX_LEGS = 10

// What the suite's authorization servers know clients by that introduce themselves with a document.
const OURS = {
  redirectUrl: 'http://localhost:3000/oauth/callback',
  documentUrl: 'https://conformance-test.local/client-metadata.json',
}

const MODERN = {
  resultType: 'complete',
  supportedVersions: ['2026-07-28'],
  capabilities: { tools: {}, resources: {}, prompts: {} },
  ttlMs: 0,
  cacheScope: 'private',
}

export type Casting = {
  url: string
  clientId: string | undefined
  clientSecret: string | undefined
  byMachine: boolean
  /** Has signed in with their organization. */
  identity: Identity | undefined
  knownModern: boolean
}
export type Person = Awaited<ReturnType<typeof startPerson>>

/** One connection to the server, on the app's own parts, and what its person does: signs in, answers, calls. */
export async function startPerson(casting: Casting) {
  const stage = await setUp(casting)
  const { mcp, connection, signIn } = stage
  const signal = AbortSignal.timeout(110_000)

  const signedIn = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let before = 0; ; before++) {
      try {
        return await work()
      } catch (error) {
        const challenge = authChallengeIn(error)
        if (challenge === undefined || before === MAX_SIGN_INS) throw error
        await signIn(challenge, signal)
      }
    }
  }
  let tools: StoredTool[] = []
  const leg = (name: string, args: JsonObject, resume: ResumeAnswers | undefined) => {
    const tool = tools.find((one) => one.name === name)
    if (tool === undefined) throw new Error(`${name} is not listed`)
    const onInput = async (request: InputRequest) => answerTo(request)
    return mcp.call(connection, tool, args, { signal, onProgress: () => undefined, resume, onInput })
  }
  return {
    tools: async () => {
      tools = await signedIn(() => mcp.refresh(connection, signal))
      return tools
    },
    /** Until it is done, whatever it wants first. */
    call: async (name: string, args: JsonObject): Promise<ToolOutcome> => {
      let resume: ResumeAnswers | undefined
      let signIns = 0
      for (let at = 0; at < MAX_LEGS; at++) {
        const outcome = await leg(name, args, resume)
        if (outcome.kind === 'input_required') resume = resumptionOf(outcome)
        else if (outcome.kind !== 'failed') return outcome
        else if (outcome.challenge === undefined || signIns++ === MAX_SIGN_INS) throw new Error(outcome.message)
        else await signIn(outcome.challenge, signal)
      }
      throw new Error(`${name} asks without end`)
    },
    readAll: async () => {
      const { resources } = await mcp.resources(connection, signal)
      for (const { uri } of resources) await mcp.readResource(connection, uri, { signal })
      for (const { name } of await mcp.prompts(connection, signal))
        await mcp.prompt(connection, { name, arguments: {} }, { signal })
    },
    skills: async () => (await mcp.skills(connection, signal)).skills,
    /** As the agent does it: the skill, then each of its files; the first that is refused ends it. */
    readSkill: async ({ uri, files = [] }: Skill) => {
      await mcp.readSkill(connection, { uri }, signal)
      for (const { path } of files) await mcp.readSkill(connection, { uri, file: path }, signal)
    },
    [Symbol.asyncDispose]: stage.strike,
  }
}

/** The parts of app.ts that speak to servers, on a store of credentials and a registry of their own. */
async function setUp({ url, clientId, clientSecret, byMachine, identity, knownModern }: Casting) {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-conformance-'))
  const { log } = memoryLog()
  const registry = createMemoryRegistry()
  const credentials = await openLocalStore({ folder, key: undefined })
  const egress = createEgress({ allow: ['localhost', '127.0.0.1', '::1'] })
  // The suite's identity provider does not ask who its client is.
  const identityProvider = identity && { issuer: identity.issuer, clientId: identity.clientId, clientSecret: 'unasked' }
  const auth = createAuth({ credentials, registry, egress, ours: OURS, identityProvider, log })
  if (identity !== undefined) await saveIdentity(credentials, PERSON, identity)
  const target: HttpTarget = remote(url, {
    auth: {
      kind: byMachine ? 'client_credentials' : 'oauth',
      registered: [{ id: '{clientId}', secret: '{clientSecret}' }],
      howToRegister: 'ask the suite.',
    },
  })
  const mcp = createMcp({
    sandbox: createOpenSandbox('none'),
    registry,
    credentials,
    egress,
    auth,
    log,
    target: () => target,
    limits: () => ({ callSeconds: 20, idleSeconds: 20 }),
    toolTimeoutSeconds: 20,
    projectRoot: folder,
  })
  const id = createConnectionId()
  const secrets = { ...(clientId && { clientId }), ...(clientSecret && { clientSecret }) }
  const credential = credentialReferenceOf(id)
  await saveSecrets(credentials, credential, secrets)
  const era = knownModern ? { kind: 'modern', discover: MODERN, at: Date.now() } : undefined
  const connection = await registry.add(
    { ...PERSON, id, name: 'Suite', card: 'suite', inputs: {}, credential, signsIn: !byMachine, tools: [], era },
    1,
  )
  return {
    mcp,
    connection,
    /** The browser goes where it is sent, and what it comes back with is redeemed. */
    signIn: async (challenge: AuthChallenge, signal: AbortSignal) => {
      const { url, pending } = await auth.begin(target, secrets, { id, challenge, state: 'suite', signal })
      const sent = await fetch(url, { redirect: 'manual' })
      const back = new URL(String(sent.headers.get('location'))).searchParams
      await auth.accept(id, target.by, await auth.redeem(pending, back, { id, target, secrets, signal }))
    },
    strike: async () => {
      await mcp[Symbol.asyncDispose]()
      egress[Symbol.dispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What a person sends who presses Submit at once: what the form proposes, and yes where it proposes nothing. */
function answerTo(request: InputRequest): InputAnswer {
  if (request.kind !== 'form') return { action: 'accept' }
  const filled = request.fields.flatMap((field) => {
    if ('default' in field && field.default !== undefined) return [[field.name, field.default]]
    return field.kind === 'yes_no' ? [[field.name, true]] : []
  })
  return { action: 'accept', content: Object.fromEntries(filled) }
}

function resumptionOf({ asks, state }: Extract<ToolOutcome, { kind: 'input_required' }>): ResumeAnswers {
  const responses = asks.map(({ request, resume }) => [resume.how === 'answer' ? resume.key : '', answerTo(request)])
  const kept = asks.map(({ resume }) => (resume.how === 'answer' ? resume.state : undefined))[0]
  return { state: state ?? kept, responses: Object.fromEntries(responses) }
}
