/**
 * The client under test of the public conformance suite: what the app speaks MCP with, and a program in place of the
 * person. It gets the server's address as its argument and the scenario from the environment.
 */
import { z } from 'zod'
import { isAppError } from '../../src/errors.ts'
import type { StoredTool } from '../../src/registry/connection.ts'
import { type Person, startPerson } from './person.ts'

const Wanted = z.object({
  MCP_CONFORMANCE_SCENARIO: z.string(),
  MCP_CONFORMANCE_CONTEXT: z
    .string()
    .default('{}')
    .transform((text) => JSON.parse(text))
    .pipe(
      z.looseObject({
        client_id: z.string().optional(),
        client_secret: z.string().optional(),
        private_key_pem: z.string().optional(),
        idp_issuer: z.string().optional(),
        idp_client_id: z.string().optional(),
        idp_id_token: z.string().optional(),
        toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.json()) })).optional(),
      }),
    ),
})
type Context = z.infer<typeof Wanted>['MCP_CONFORMANCE_CONTEXT']

const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_CONTEXT: context } = Wanted.parse(process.env)
const person = await startPerson({
  url: String(process.argv[2]),
  clientId: context.client_id,
  clientSecret: context.private_key_pem ?? context.client_secret,
  byMachine: scenario.startsWith('auth/client-credentials'),
  identity: identityOf(context),
  // These servers do not know server/discover: their protocol is told beforehand, as the app remembers it of a connection.
  knownModern: /^(?:http-|sep-2322|json-schema-ref)/.test(scenario),
})
try {
  await play(person)
} finally {
  await person[Symbol.asyncDispose]()
}

async function play(person: Person): Promise<void> {
  const tools = await person.tools()
  if (scenario === 'initialize' || scenario === 'request-metadata') return
  for (const { name, arguments: args } of context.toolCalls ?? tools.map((tool) => callFor(tool, tools)))
    await person.call(name, args).catch(mayFail)
  if (scenario === 'http-standard-headers') await person.readAll()
  if (scenario.startsWith('sep-2640')) await playSkills(person)
}

/** Whoever only looks at the list reads no file; of what is tampered with nothing more is read. */
async function playSkills({ skills, readSkill }: Person): Promise<void> {
  const found = await skills()
  if (scenario === 'sep-2640-client-no-prefetch') return
  for (const skill of found) await readSkill(skill).catch(isRefused)
}

function isRefused(error: unknown): void {
  if (!isAppError(error, 'server_refused')) throw error
  console.error(error.message)
}

/** One of this scenario's tools leaves out `resultType`, which the SDK does not take from a server of the new protocol. */
function mayFail(error: unknown): void {
  if (scenario !== 'sep-2322-client-request-state') throw error
  console.error(error)
}

/** The suite begins where its person has signed in with their organization, and gives the token that brought. */
function identityOf({ idp_issuer: issuer, idp_client_id: clientId, idp_id_token: idToken }: Context) {
  if (issuer === undefined || clientId === undefined || idToken === undefined) return undefined
  return { issuer, clientId, subject: 'the person', idToken, at: Date.now(), endsAt: Date.now() + 3_600_000 }
}

function callFor(tool: StoredTool, all: StoredTool[]): NonNullable<Context['toolCalls']>[number] {
  const args: Record<string, Record<string, z.core.util.JSONType>> = {
    add_numbers: { a: 5, b: 3 },
    json_schema_echo: { schema: all.find((one) => one !== tool)?.inputSchema ?? null },
  }
  const region = 'region' in Object(tool.inputSchema.properties) ? { region: 'us-west1' } : {}
  return { name: tool.name, arguments: args[tool.name] ?? region }
}
