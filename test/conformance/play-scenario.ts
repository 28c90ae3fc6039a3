/**
 * The client under test of the public conformance suite: what the app speaks MCP with, and a program in place of the
 * person.
 */
import { z } from 'zod'
import { isAppError } from '../../src/errors.ts'
import type { StoredTool } from '../../src/registry/connection.ts'
import { type Person, startPerson } from './person.ts'

const Context = z.looseObject({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  private_key_pem: z.string().optional(),
  idp_issuer: z.string().optional(),
  idp_client_id: z.string().optional(),
  idp_id_token: z.string().optional(),
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.json()) })).optional(),
})
type Context = z.infer<typeof Context>

/** What the suite starts a client with. */
export const Scenario = z.object({
  url: z.string(),
  scenario: z.string(),
  context: z
    .string()
    .default('{}')
    .transform((text) => JSON.parse(text))
    .pipe(Context),
})

/** Plays one scenario against the suite's server at `url`. Throws what a client process would end with. */
export async function playScenario({ url, scenario, context }: z.infer<typeof Scenario>): Promise<void> {
  await using person = await startPerson({
    url,
    clientId: context.client_id,
    clientSecret: context.private_key_pem ?? context.client_secret,
    byMachine: scenario.startsWith('auth/client-credentials'),
    identity: identityOf(context),
    // These servers do not know server/discover: their protocol is told beforehand, as the app remembers it of a connection.
    knownModern: /^(?:http-|sep-2322|json-schema-ref)/.test(scenario),
  })
  await play(person, scenario, context)
}

async function play(person: Person, scenario: string, context: Context): Promise<void> {
  const tools = await person.tools()
  if (scenario === 'initialize' || scenario === 'request-metadata') return
  for (const { name, arguments: args } of context.toolCalls ?? tools.map((tool) => callFor(tool, tools)))
    await person.call(name, args).catch((error: unknown) => mayFail(scenario, error))
  if (scenario === 'http-standard-headers') await person.readAll()
  if (scenario.startsWith('sep-2640')) await playSkills(person, scenario)
}

/** Whoever only looks at the list reads no file; of what is tampered with nothing more is read. */
async function playSkills({ skills, readSkill }: Person, scenario: string): Promise<void> {
  const found = await skills()
  if (scenario === 'sep-2640-client-no-prefetch') return
  for (const skill of found) await readSkill(skill).catch(isRefused)
}

function isRefused(error: unknown): void {
  if (!isAppError(error, 'server_refused')) throw error
}

/** One of this scenario's tools leaves out `resultType`, which the SDK does not take from a server of the new protocol. */
function mayFail(scenario: string, error: unknown): void {
  if (scenario !== 'sep-2322-client-request-state') throw error
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
